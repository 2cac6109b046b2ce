"""Measures throng, its peers and the floor, and writes what was found:
RESULTS.md and pictures.

usage: python3 bench/results [OPTION...]     from the top, after `make`
"""

import argparse
import os
import resource
import shutil
import signal
import sys
import tempfile

sys.dont_write_bytecode = True

import document
import pictures
import processes
import servers
import study
from parts import PARTS


def parse_options():
    names = [part.name for part in PARTS]
    parser = argparse.ArgumentParser(
        prog="results", description="Measures throng, its peers and the floor, "
        "and writes RESULTS.md and pictures.")
    parser.add_argument("--quick", action="store_true",
                        help="small numbers, to try it; to build/results/quick")
    parser.add_argument("--only", metavar="PART,...", default=",".join(names),
                        help="measure these, and tell the others as they were "
                        "found before: " + " ".join(names))
    parser.add_argument("--rounds", type=int, default=0, metavar="N",
                        help="of which medians are taken (default: 3; "
                        "with --quick 1)")
    parser.add_argument("--no-peers", action="store_true",
                        help="throng and the floor alone")
    parser.add_argument("--output", metavar="FOLDER",
                        help="where RESULTS.md, the pictures and what was "
                        "found go (default: bench, the last build/results)")
    parser.add_argument("--render", action="store_true",
                        help="measure nothing, tell what was found before")
    options = parser.parse_args()
    options.only = [] if options.render else options.only.split(",")
    for name in options.only:
        if name not in names:
            parser.error(f"there is no part {name}")
    if options.rounds < 0:
        parser.error("--rounds is 1 or more")
    options.rounds = options.rounds or (1 if options.quick else 3)
    peers = [] if options.no_peers or not options.only else servers.PEERS
    for name in servers.missing(peers):
        parser.error(f"there is no {name}: install it, or take --no-peers")
    return options


def measure(options, found):
    """Measures all parts that are wanted; whether any run has failed."""
    with tempfile.TemporaryDirectory() as folder:
        work = study.Study(folder, options.rounds, options.quick,
                           not options.no_peers)
        try:
            for part in PARTS:
                if part.name in options.only:
                    work.begin(part.name)
                    part.measure(work)
                    work.end()
                    work.save(found)
        finally:
            processes.stop_all()
    return any(part["failed"] for part in work.parts.values())


def draw(views, output):
    """All pictures of what has been measured."""
    drawn = {part.name: part.picture(views[part.name]) for part in PARTS
             if part.picture and part.name in views}
    if drawn and not shutil.which("gnuplot"):
        print("results: there is no gnuplot: the pictures stay as they were",
              file=sys.stderr)
        return
    for name, picture in drawn.items():
        if picture:
            os.makedirs(f"{output}/pictures", exist_ok=True)
            pictures.draw(picture, f"{output}/pictures/{name}.svg")


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    options = parse_options()
    scratch = options.output or (
        "build/results/quick" if options.quick else "build/results")
    output = options.output or (scratch if options.quick else "bench")
    found = f"{scratch}/results.json"

    # Also where what has started this ignores it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda number, frame: sys.exit(128 + number))
    os.environ["LC_ALL"] = "C.UTF-8"
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    os.makedirs(scratch, exist_ok=True)
    failed = measure(options, found)
    views = {name: study.View(part)
             for name, part in study.load(found).items()}
    draw(views, output)
    with open(f"{output}/RESULTS.md", "w") as out:
        out.write(document.write(PARTS, views))
    return 1 if failed else 0


try:
    sys.exit(main())
except KeyboardInterrupt:
    sys.exit(128 + signal.SIGINT)
