"""A study: works given to servers in turns, every figure of every run kept."""

import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time

import processes
import servers

BENCH = os.environ.get("THRONG_BENCH", "build/throng-bench")
RUN_SECONDS = 120


class Work:
    """What one row of a table asks. `x` is its place in a picture, `load` and
    `floor` are the options of throng-bench and of throng-floor, `options` are
    of the server, `scheme` is what it is spoken to in."""

    def __init__(self, name, load, x=None, floor=None, options=(), fresh=False,
                 scheme="tcp"):
        self.name = name
        self.x = x
        self.load = load.split()
        self.floor = floor.split() if floor else None
        self.options = tuple(options)
        self.fresh = fresh  # a server that has done nothing before
        self.scheme = scheme


def parse(text):
    """The key=value lines of throng-bench, throng-floor and
    throng-bench-accounts: figures of the run, and of each of its steps."""
    figures, steps = {}, {}
    for line in text.splitlines():
        words = line.split()
        if not words or not all("=" in word for word in words):
            continue
        values = {key: _number(value) for key, _, value in
                  (word.partition("=") for word in words)}
        if "step" in values:
            steps[values["step"]] = values
        else:
            figures.update(values)
    return figures, steps


def _number(text):
    if text == "-":
        return None
    try:
        return float(text)
    except ValueError:
        return text


def failures(text):
    """The first thing that went wrong, and the verdict; or the last words."""
    lines = text.strip().splitlines()
    told = [line for line in lines if line.startswith("failure:")][:1]
    told += [line for line in lines if line.startswith("verdict:")]
    return told or lines[-3:]


def machine():
    """What this runs on, in words."""
    name = "unknown processor"
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return (f"{len(os.sched_getaffinity(0))} cores, {name}, "
            f"{memory / 2**30:.0f} GiB, {platform.system()} "
            f"{platform.release()}")


def commit():
    """Which throng this is of."""
    said = subprocess.run(["git", "describe", "--always", "--dirty",
                           "--exclude", "*"], capture_output=True, text=True,
                          check=False)
    return said.stdout.strip() or "unknown"


class Study:
    """All of a run of this script. `runs` is what was measured, a list for
    each part."""

    def __init__(self, folder, rounds, quick, with_peers):
        self.folder = folder
        self.rounds = rounds
        self.quick = quick
        self.peers = [kind for kind in servers.PEERS if with_peers]
        self.parts = {}
        self.running = {}

    def begin(self, part):
        self.part = part
        self.parts[part] = {"date": time.strftime("%Y-%m-%d"),
                            "commit": commit(), "machine": machine(),
                            "versions": servers.versions(),
                            "runs": [], "failed": []}
        self.began = time.monotonic()

    def end(self):
        self.stop_servers()
        print(f"results: {self.part} took "
              f"{time.monotonic() - self.began:.0f} s", file=sys.stderr)

    def stop_servers(self):
        for key in list(self.running):
            self.stop_server(key)

    def stop_server(self, key):
        """Ends one; throng has to do that in order."""
        server = self.running.pop(key)
        server.stop()
        if key[0] in servers.THRONGS and not server.has_ended_well():
            self.fail("its end", key[0], server.process.args,
                      server.said().splitlines()[-3:])

    def server(self, kind, options=(), fresh=False):
        """One of that kind with these options: it goes on running. If it has
        ended meanwhile there is a new one, and that is told."""
        key = (kind, *options)
        if key in self.running and (fresh or self.running[key].has_ended()):
            self.stop_server(key)
        if key not in self.running:
            folder = f"{self.folder}/{kind}-{len(os.listdir(self.folder))}"
            os.mkdir(folder)
            self.running[key] = servers.Server(kind, options, folder)
        return self.running[key]

    def certificate(self):
        """A throng's options for TLS, with a key and a certificate of it that
        are made once, in the form that most have now."""
        cert, key = f"{self.folder}/cert.pem", f"{self.folder}/key.pem"
        if not os.path.exists(cert):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec",
                            "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
                            "-subj", "/CN=localhost", "-keyout", key,
                            "-out", cert], check=True,
                           capture_output=True)
        return ["--tls-cert", cert, "--tls-key", key]

    def turns(self, works, kinds, skip=lambda work, kind: False, rounds=0):
        """Each work to each server, in turns, as many times as there are
        rounds."""
        for work in works:
            for _ in range(rounds or self.rounds):
                for kind in kinds:
                    if not skip(work, kind):
                        self.measure(work, kind)

    def measure(self, work, kind):
        if kind in servers.FLOORS and work.floor:
            argv = [servers.FLOOR, *work.floor, "--io", kind[6:]]
            self.run(work, kind, argv)
            return
        server = self.server(kind, work.options, work.fresh)
        self.run(work, kind, [BENCH, *work.load,
                              *server.load_options(work.scheme)])
        if work.fresh:
            self.stop_server((kind, *work.options))
        else:
            server.settle()

    def run(self, work, kind, argv):
        """Runs it and keeps its figures, or its failure."""
        status, text = processes.run(argv, RUN_SECONDS)
        if status != 0:
            self.fail(work.name, kind, argv, failures(text))
            return None
        figures, steps = parse(text)
        self.keep(work, kind, argv, figures, steps)
        return figures

    def keep(self, work, kind, argv, figures, steps=None):
        self.parts[self.part]["runs"].append({
            "work": work.name, "x": work.x, "server": kind,
            "options": [option.replace(self.folder, "FOLDER")
                        for option in work.options],
            "command": shlex.join(argv).replace(self.folder, "FOLDER"),
            "figures": figures,
            "steps": steps or {}})

    def fail(self, work, kind, argv, words):
        text = f"{self.part}, {work}, {kind}: {' '.join(words)}"
        self.parts[self.part]["failed"].append(text)
        print(f"results: {shlex.join(argv)}\nresults: {text}", file=sys.stderr)

    def save(self, path):
        kept = load(path)
        kept.update(self.parts)
        with open(path, "w") as out:
            json.dump(kept, out, indent=1)
        return kept


def load(path):
    """The parts of earlier runs."""
    if not os.path.exists(path):
        return {}
    with open(path) as text:
        return json.load(text)


class View:
    """What a part has found, to be shown."""

    def __init__(self, part):
        self.date = part["date"]
        self.commit = part["commit"]
        self.machine = part["machine"]
        self.versions = part["versions"]
        self.failed = part["failed"]
        self.runs = part["runs"]

    def values(self, work, server, key, step=None):
        found = []
        for run in self.runs:
            if run["work"] == work and run["server"] == server:
                figures = run["steps"].get(step, {}) if step \
                    else run["figures"]
                if isinstance(figures.get(key), (int, float)):
                    found.append(figures[key])
        return found

    def median(self, work, server, key, step=None):
        """None when there is none."""
        found = self.values(work, server, key, step)
        return statistics.median(found) if found else None

    def servers(self):
        """In the order in which they were measured."""
        return list(dict.fromkeys(run["server"] for run in self.runs))

    def works(self):
        return list(dict.fromkeys(run["work"] for run in self.runs))

    def curve(self, server, key):
        """(x, median) of each work that has both."""
        places = {run["x"]: run["work"] for run in self.runs
                  if run["server"] == server and run["x"] is not None}
        points = [(x, self.median(places[x], server, key))
                  for x in sorted(places)]
        return [(x, y) for x, y in points if y is not None]
