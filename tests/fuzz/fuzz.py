# Mutated input for everything that reads bytes or text from outside.
#
#   typhon tests/fuzz/fuzz.py                            each target for 10 s, by turns, until stopped
#   typhon tests/fuzz/fuzz.py --time 3600 --log FILE     an hour; figures go to FILE
#   typhon tests/fuzz/fuzz.py --quick                    the corpus and a fixed short run: what CTest does
#   typhon tests/fuzz/fuzz.py --replay TARGET FILE...    single inputs, in this process
#
# A target (_targets.py, _calls.py) is a function of bytes. It may raise the exceptions that it
# lists; a crash, a sanitizer's report, 10 s of processor time or any other exception is a finding.
# Inputs run in forked batches. Each is written to a file before it runs, so that a batch that dies
# names its input; the driver then makes it smaller and saves it under --out.
import argparse
import json
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import _mutate
from _targets import TARGETS, Timeout

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
HANG = 10               # seconds of processor time
BATCH = 400             # inputs of a forked child
SHRINK = 60             # seconds to make an input smaller
PER_SIGNATURE = 2       # findings that are kept of each kind
MEMORY = 3 << 30        # a child that holds more is stopped, and its input is no finding
LONGEST = 600           # seconds of wall time of a batch: beyond, it waits for something
EXIT_EXCEPTION = 77
# The same inputs run the same way again; what is too large is refused early.
ENVIRONMENT = {"PYTHONHASHSEED": "0", "ASAN_OPTIONS": "max_allocation_size_mb=2000"}

parser = argparse.ArgumentParser()
parser.add_argument("--targets", default=",".join(TARGETS), help="comma-separated; one that comes twice gets two turns")
parser.add_argument("--time", type=float, default=float("inf"), help="seconds in all")
parser.add_argument("--slice", type=float, default=10, help="seconds of a target's turn")
parser.add_argument("--seed", type=int, default=None)
parser.add_argument("--log", help="JSON lines: figures of each turn, findings")
parser.add_argument("--out", default="build/fuzz", help="folder for findings")
parser.add_argument("--quick", action="store_true")
parser.add_argument("--replay", action="store_true")
parser.add_argument("names", nargs="*")


# ---- in the child ----

def on_slow(signum, frame):
    raise Timeout


def run_one(target, data):
    """Why the input is a finding, or None."""
    signal.signal(signal.SIGVTALRM, on_slow)
    signal.setitimer(signal.ITIMER_PROF, HANG)      # default action: the end
    try:
        target.run(data)
    except target.allowed + (Timeout,):
        pass
    except BaseException as exc:
        return f"unexpected {type(exc).__name__}\n" + traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
    return None


def child(inputs, target, current, report, count):
    """Runs inputs, and ends the process."""
    os.dup2(report.fileno(), 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for n, data in enumerate(inputs):
        os.pwrite(current.fileno(), len(data).to_bytes(4, "little") + data, 0)
        os.pwrite(count.fileno(), n.to_bytes(4, "little"), 0)
        why = run_one(target, data)
        if why is not None:
            os.write(2, why.encode("utf-8", "backslashreplace"))
            os._exit(EXIT_EXCEPTION)
    os.pwrite(count.fileno(), (n + 1).to_bytes(4, "little"), 0)
    os._exit(0)


# ---- in the parent ----

class Result:
    def __init__(self, status, stopped, data, report, done):
        self.code = os.waitstatus_to_exitcode(status)
        self.stopped = stopped      # why the driver killed it: "", "memory" or "hang"
        self.data = data
        self.report = report
        self.done = done            # inputs that passed

    @property
    def kind(self):
        if self.stopped:
            return self.stopped
        if self.code == -signal.SIGPROF:
            return "hang"
        return "exception" if self.code == EXIT_EXCEPTION else "crash"

    def signature(self):
        if self.kind == "exception":
            lines = self.report.strip().split("\n")
            return lines[0] + " " + re.sub(r"0x[0-9a-f]+|\d+|'.*'", "", lines[-1])[:80]
        frames = re.findall(r"#\d+ 0x\w+ in (\w+) \S*/src/", self.report)
        errors = re.findall(r"(runtime error: [^\n]{,60}|Sanitizer: [\w-]+|Assertion [^\n]{,80})", self.report)
        return f"{self.kind} {self.code} {errors[:1]} {frames[:3]}"


def resident(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def wait_for(pid, limit):
    """Status of a child, and why it was killed if it was."""
    end = time.monotonic() + limit
    pause = 0.0005
    stopped = ""
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status, stopped
        if not stopped:
            stopped = "memory" if resident(pid) > MEMORY else "hang" if time.monotonic() > end else ""
            if stopped:
                os.kill(pid, signal.SIGKILL)
        time.sleep(pause)
        pause = min(pause * 2, 0.02)


def run_batch(target, inputs, limit=LONGEST):
    with tempfile.TemporaryFile() as current, tempfile.TemporaryFile() as report, \
            tempfile.TemporaryFile() as count:
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            try:
                child(inputs(), target, current, report, count)
            finally:
                os.write(2, traceback.format_exc().encode())
                os._exit(70)
        status, stopped = wait_for(pid, limit)
        data = os.pread(current.fileno(), 1 << 20, 0)
        data = data[4:4 + int.from_bytes(data[:4], "little")]
        text = os.pread(report.fileno(), 1 << 20, 0).decode("utf-8", "replace")
        done = int.from_bytes(os.pread(count.fileno(), 4, 0), "little")
        return Result(status, stopped, data, text, done)


def smaller(target, result):
    """The result of a smaller input with the same signature."""
    end = time.monotonic() + SHRINK
    signature = result.signature()
    size = len(result.data) // 2
    while size > 0 and result.kind != "hang":
        at = 0
        while at < len(result.data):
            if time.monotonic() > end:
                return result
            data = result.data[:at] + result.data[at + size:]
            trial = run_batch(target, lambda: [data], 60)
            if trial.code != 0 and trial.signature() == signature:
                result = trial
            else:
                at += size
        size //= 2
    return result


class Session:
    def __init__(self, options):
        self.options = options
        self.seen = {}
        self.figures = {}
        self.findings = 0

    def log(self, **fields):
        if self.options.log:
            with open(self.options.log, "a") as file:
                file.write(json.dumps(fields) + "\n")

    def finding(self, target, result):
        signature = result.signature()
        key = target.name, signature
        self.seen[key] = self.seen.get(key, 0) + 1
        if self.seen[key] > PER_SIGNATURE:
            return
        self.findings += 1
        if not self.options.quick:
            result = smaller(target, result)
        folder = os.path.join(self.options.out, target.name)
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, f"{int(time.time() * 1000):x}")
        with open(path, "wb") as file:
            file.write(result.data)
        with open(path + ".txt", "w") as file:
            file.write(f"{signature}\n\n{result.data!r}\n\n{result.report}")
        print(f"{target.name}: {signature}\n    {path}: {result.data[:200]!r}", flush=True)
        self.log(finding=signature, target=target.name, path=path)

    def turn(self, target, chooser, seconds, batches=None):
        """Batches of new inputs for a while: executions and seconds."""
        start = time.monotonic()
        executions = 0
        while (time.monotonic() - start < seconds) if batches is None else batches > 0:
            seed = chooser.randrange(1 << 62)

            def inputs():
                inner = random.Random(seed)
                for _ in range(self.batch):
                    yield _mutate.mutate(inner, target.seeds, target.tokens)
            result = run_batch(target, inputs)
            executions += result.done
            if result.code != 0 and result.kind != "memory":
                self.finding(target, result)
            if batches is not None:
                batches -= 1
        return executions, time.monotonic() - start

    batch = BATCH

    def fuzz(self, targets):
        chooser = random.Random(self.options.seed)
        end = time.monotonic() + self.options.time
        while time.monotonic() < end:
            for target in targets:
                if time.monotonic() > end:
                    break
                left = min(self.options.slice, end - time.monotonic())
                executions, seconds = self.turn(target, chooser, left)
                total = self.figures.setdefault(target.name, [0, 0.0])
                total[0] += executions
                total[1] += seconds
                self.log(target=target.name, executions=executions, seconds=round(seconds, 2))

    def replay_corpus(self, target):
        folder = os.path.join(CORPUS, target.name)
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            result = run_batch(target, lambda: [data], 120)
            if result.code != 0 and result.kind != "memory":
                self.finding(target, result)

    def quick(self, targets):
        self.batch = 60
        for target in targets:
            self.replay_corpus(target)
            executions, seconds = self.turn(target, random.Random(self.options.seed), 0, 1)
            self.figures[target.name] = [executions, seconds]


def read_corpus(target):
    folder = os.path.join(CORPUS, target.name)
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        with open(os.path.join(folder, name), "rb") as file:
            target.seeds.append(file.read())


def main():
    options = parser.parse_args()
    if "PYTHONHASHSEED" not in os.environ:
        os.environ.update({**ENVIRONMENT, **os.environ})
        os.execv(sys.executable, [sys.executable, *sys.argv])
    if options.replay:
        target = TARGETS[options.names[0]]
        for name in options.names[1:]:
            with open(name, "rb") as file:
                print(name, run_one(target, file.read()) or "passed")
        return
    if options.seed is None:
        options.seed = 1 if options.quick else time.time_ns() & 0xffffffff
    print(f"seed {options.seed}", flush=True)
    targets = [TARGETS[name] for name in options.targets.split(",")]
    session = Session(options)
    for target in dict.fromkeys(targets):
        target.start()
        if not options.quick:
            read_corpus(target)
    try:
        session.quick(targets) if options.quick else session.fuzz(targets)
    except KeyboardInterrupt:
        pass
    for name, (executions, seconds) in session.figures.items():
        print(f"{name:12} {executions:9} inputs {seconds:8.1f} s")
    print(f"{session.findings} findings")
    sys.exit(session.findings != 0)


if __name__ == "__main__":
    main()
