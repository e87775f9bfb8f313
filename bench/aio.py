#!/usr/bin/env python3
"""asyncio and thread-pool I/O.

    aio.py --py python3.11 --py typhon=build/release/bin/typhon \\
           --out aio.json

echo: a server and a client process on loopback, --connections connections,
each sending 1 KiB, waiting for it to come back, and again, for --seconds; with
streams (reader/writer) and with a Protocol.  Both processes run the
interpreter that is measured, unless --client names another one.  Besides
requests per second it gives each side's CPU time per request, which is what to
trust on a shared machine.
gather: asyncio.gather of 100,000 coroutines that do nothing.
sleeps: 200 sleeps of 50 ms on a 50-thread pool; 0.200 s is ideal.
"""
import sys
import time

MESSAGE = b"x" * 1024


# -- what runs under the measured interpreter -----------------------------

def serve(kind):
    """Echo until standard input closes; print the port, then CPU seconds."""
    import asyncio

    async def echo(reader, writer):
        try:
            while True:
                writer.write(await reader.readexactly(len(MESSAGE)))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    class Echo(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, data):
            self.transport.write(data)

    async def main():
        loop = asyncio.get_running_loop()
        if kind == "streams":
            server = await asyncio.start_server(echo, "127.0.0.1", 0,
                                                backlog=1024)
        else:
            server = await loop.create_server(Echo, "127.0.0.1", 0,
                                              backlog=1024)
        print(server.sockets[0].getsockname()[1])
        sys.stdout.flush()
        before = time.process_time()
        await loop.run_in_executor(None, sys.stdin.read)
        server.close()
        print(time.process_time() - before)
        sys.stdout.flush()

    asyncio.run(main())


def load(kind, port, connections, duration):
    """Print requests done, seconds taken, CPU seconds used."""
    import asyncio

    async def by_streams(until):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        done = 0
        while time.perf_counter() < until:
            writer.write(MESSAGE)
            await reader.readexactly(len(MESSAGE))
            done += 1
        writer.close()
        return done

    class Pump(asyncio.Protocol):
        def __init__(self, until, finished):
            self.until, self.finished = until, finished
            self.done = self.got = 0

        def connection_made(self, transport):
            self.transport = transport
            transport.write(MESSAGE)

        def data_received(self, data):
            self.got += len(data)
            while self.got >= len(MESSAGE):
                self.got -= len(MESSAGE)
                self.done += 1
                if time.perf_counter() < self.until:
                    self.transport.write(MESSAGE)
                else:
                    self.transport.close()
                    self.finished.set_result(self.done)

    async def by_protocol(until):
        loop = asyncio.get_running_loop()
        finished = loop.create_future()
        await loop.create_connection(lambda: Pump(until, finished),
                                     "127.0.0.1", port)
        return await finished

    async def main():
        one = by_streams if kind == "streams" else by_protocol
        start = time.perf_counter()
        before = time.process_time()
        until = start + duration
        counts = await asyncio.gather(*[one(until)
                                        for _ in range(connections)])
        print(sum(counts), time.perf_counter() - start,
              time.process_time() - before)

    asyncio.run(main())


def gather():
    import asyncio

    async def nothing():
        return 1

    async def main():
        best = cpu = None
        for _ in range(5):
            start, before = time.perf_counter(), time.process_time()
            got = await asyncio.gather(*[nothing() for _ in range(100000)])
            took = time.perf_counter() - start
            if best is None or took < best:
                best, cpu = took, time.process_time() - before
            assert sum(got) == 100000
        print(best, cpu)

    asyncio.run(main())


def sleeps():
    from concurrent.futures import ThreadPoolExecutor
    best = cpu = None
    for _ in range(3):
        start, before = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(50) as pool:
            list(pool.map(time.sleep, [0.05] * 200))
        took = time.perf_counter() - start
        if best is None or took < best:
            best, cpu = took, time.process_time() - before
    print(best, cpu)


# -- the driver -----------------------------------------------------------

def echo_once(path, client, kind, options):
    import os
    import subprocess
    here = os.path.abspath(__file__)
    pipe = subprocess.PIPE
    server = subprocess.Popen([path, here, "--child", "serve", kind],
                              stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    try:
        port = server.stdout.readline().strip()
        if not port:
            return {"error": server.communicate(timeout=10)[1].strip()
                    .split("\n")[-1][:200]}
        done = subprocess.run(
            [client, here, "--child", "load", kind, port,
             str(options.connections), str(options.seconds)],
            capture_output=True, text=True, timeout=options.seconds + 60)
        if done.returncode:
            return {"error": done.stderr.strip().split("\n")[-1][:200]}
        requests, took, client_cpu = map(float, done.stdout.split())
        out, _ = server.communicate("", timeout=30)
        server_cpu = float(out.split()[0])
        return {"requests_per_second": requests / took,
                "server_cpu_us": server_cpu / requests * 1e6,
                "client_cpu_us": client_cpu / requests * 1e6,
                "cpu_us": (server_cpu + client_cpu) / requests * 1e6}
    except (subprocess.TimeoutExpired, ValueError) as e:
        return {"error": type(e).__name__}
    finally:
        if server.poll() is None:
            server.kill()
        server.wait()


def simple(path, what):
    import os
    import subprocess
    try:
        done = subprocess.run([path, os.path.abspath(__file__), "--child",
                               what], capture_output=True, text=True,
                              timeout=120)
        if done.returncode:
            return {"error": done.stderr.strip().split("\n")[-1][:200]}
        wall, cpu = map(float, done.stdout.split())
        return {"seconds": wall, "cpu": cpu}
    except (subprocess.TimeoutExpired, ValueError) as e:
        return {"error": type(e).__name__}


def better(a, b, key):
    """The result with the lower CPU cost."""
    if a is None or "error" in a:
        return b
    if "error" in b:
        return a
    return a if a[key] <= b[key] else b


def drive():
    import argparse
    import os
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import common
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    common.add_py(parser)
    parser.add_argument("--client", metavar="PATH",
                        help="interpreter of the echo client")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--repeat", type=int, default=2)
    options = parser.parse_args()
    pys = common.interpreters(options, parser)
    machine = common.machine()
    results = {name: {} for name, _ in pys}
    for _ in range(options.repeat):
        for kind in ("streams", "protocol"):
            for name, path in pys:
                got = echo_once(path, options.client or path, kind, options)
                mine = results[name]
                mine[kind] = better(mine.get(kind), got, "cpu_us")
        for what in ("gather", "sleeps"):
            for name, path in pys:
                mine = results[name]
                mine[what] = better(mine.get(what), simple(path, what),
                                    "cpu" if what == "gather" else "seconds")

    def echo_cell(r):
        return "failed" if "error" in r else "%.0f/s (cpu us %.0f + %.0f)" % (
            r["requests_per_second"], r["server_cpu_us"], r["client_cpu_us"])

    def time_cell(r):
        return "failed" if "error" in r else "%.3f s (cpu %.3f)" % (
            r["seconds"], r["cpu"])

    names = [n for n, _ in pys]
    versions = {n: common.version_of(p)[0] for n, p in pys}
    rows = [["echo, " + k] + [echo_cell(results[n][k]) for n in names]
            for k in ("streams", "protocol")]
    rows += [["gather of 100k"] + [time_cell(results[n]["gather"])
                                   for n in names]]
    rows += [["200 x 50 ms on 50 threads"] + [time_cell(results[n]["sleeps"])
                                              for n in names]]
    text = ["# asyncio and thread-pool I/O", "",
            "%d connections of 1 KiB messages for %g s; of %d runs the one "
            "with the least CPU (microseconds per request, server + client)." % (
                options.connections, options.seconds, options.repeat), ""]
    text += ["- %s: %s" % (n, versions[n]) for n in names]
    text += ["", common.table(["what"] + names, rows)]
    common.save(options.out, {
        "what": "asyncio and thread-pool I/O", "machine": machine,
        "versions": versions, "connections": options.connections,
        "seconds": options.seconds, "results": results}, "\n".join(text))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        what, rest = sys.argv[2], sys.argv[3:]
        if what == "serve":
            serve(rest[0])
        elif what == "load":
            load(rest[0], int(rest[1]), int(rest[2]), float(rest[3]))
        else:
            {"gather": gather, "sleeps": sleeps}[what]()
    else:
        drive()
