"""Processes of a run: started in one place, and always ended."""

import os
import subprocess
import tempfile
import time

END_SECONDS = 60  # that one may take to go, before it is killed

_running = []


def start(argv, output):
    """Starts one whose output goes to a file; it dies with this script."""
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "--", *argv],
        stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    _running.append(process)
    return process


def stop(process):
    """Asks it to end, and does not ask twice."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process in _running:
        _running.remove(process)


def stop_all():
    for process in list(_running):
        stop(process)


def run(argv, seconds):
    """Runs one to its end: exit status (None: it took too long), output."""
    with tempfile.TemporaryFile() as out:
        process = start(argv, out)
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        stop(process)
        out.seek(0)
        return status, out.read().decode(errors="replace")


def cpu_seconds(pid):
    """Processor time that a process has used; 0 when it has gone."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            words = stat.read().rpartition(") ")[2].split()
    except OSError:
        return 0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def settle(pid):
    """Waits until a process has done nothing for a while, ten seconds at most:
    it has clients to part from, and what is measured next is not to pay."""
    before = None
    for _ in range(100):
        now = cpu_seconds(pid)
        if now == before:
            return
        before = now
        time.sleep(0.1)
