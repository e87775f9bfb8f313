"""Loop, threads, processes and asyncio on the same work, with times.

Downloads files from a local server with a loop, with threads and with asyncio, and counts prime
numbers with a loop, with threads and with processes. Run it with any Python 3.11 or newer:

    typhon examples/concurrency.py
"""
import asyncio
import http.server
import multiprocessing
import os
import sys
import threading
import time
import urllib.request
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

FILES = 24
LATENCY = 0.05          # seconds that the server waits before it answers
SIZE = 64 * 1024
LIMIT = 1_200_000       # primes below this are counted
WORKERS = max(2, os.cpu_count() or 2)


class SlowFiles(http.server.BaseHTTPRequestHandler):
    """Answers every request with SIZE bytes, after LATENCY."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        time.sleep(LATENCY)
        body = b"x" * SIZE
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    """Takes as many connections at once as the downloads open."""

    daemon_threads = True
    request_queue_size = FILES


def download(url):
    with urllib.request.urlopen(url) as response:
        return len(response.read())


def download_loop(urls):
    return sum(download(url) for url in urls)


def download_threads(urls):
    with ThreadPoolExecutor(max_workers=len(urls)) as pool:
        return sum(pool.map(download, urls))


async def fetch(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET / HTTP/1.1\r\nHost: local\r\nConnection: close\r\n\r\n")
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                  if line.lower().startswith(b"content-length"))
    body = await reader.readexactly(length)
    writer.close()
    return len(body)


def download_asyncio(urls):
    host, port = urls[0].split("/")[2].split(":")

    async def all_of_them():
        return sum(await asyncio.gather(*(fetch(host, int(port)) for _ in urls)))

    return asyncio.run(all_of_them())


def count_primes(bounds):
    low, high = bounds
    count = 0
    for n in range(low, high):
        if n < 2:
            continue
        for d in range(2, int(n ** 0.5) + 1):
            if n % d == 0:
                break
        else:
            count += 1
    return count


def parts():
    """Ranges of about the same work: the cost of a number grows with its size."""
    edges = [int(LIMIT * (i / (4 * WORKERS)) ** (2 / 3)) for i in range(4 * WORKERS + 1)]
    return list(zip(edges, edges[1:]))


def primes_loop(ranges):
    return sum(map(count_primes, ranges))


def primes_threads(ranges):
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        return sum(pool.map(count_primes, ranges))


def primes_processes(ranges):
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    with ProcessPoolExecutor(max_workers=WORKERS, mp_context=context) as pool:
        return sum(pool.map(count_primes, ranges))


def measure(function, argument):
    start = time.perf_counter()
    result = function(argument)
    return time.perf_counter() - start, result


def table(title, rows):
    print(f"\n{title}")
    print(f"  {'':12}{'seconds':>9}{'speed-up':>10}   result")
    base = rows[0][1][0]
    for name, (seconds, result) in rows:
        print(f"  {name:12}{seconds:9.2f}{base / seconds:9.1f}x   {result:,}")
    if len({result for _, (_, result) in rows}) != 1:
        sys.exit("the results differ")


def main():
    print(sys.version.splitlines()[0])
    ranges = parts()
    # Processes first: a fork while the server's threads run would be a bad example.
    primes = [("loop", measure(primes_loop, ranges)),
              ("threads", measure(primes_threads, ranges)),
              ("processes", measure(primes_processes, ranges))]
    server = Server(("127.0.0.1", 0), SlowFiles)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    urls = [f"http://127.0.0.1:{server.server_port}/"] * FILES
    downloads = [("loop", measure(download_loop, urls)),
                 ("threads", measure(download_threads, urls)),
                 ("asyncio", measure(download_asyncio, urls))]
    server.shutdown()
    table(f"Downloading {FILES} files from a server that takes {LATENCY * 1000:.0f} ms each",
          downloads)
    table(f"Counting the primes below {LIMIT:,} with {WORKERS} workers", primes)


if __name__ == "__main__":
    main()
