"""The servers that are measured, each as Debian packages it, on loopback, with
what would slow or stop a load switched off: persistence, logs, flood control,
limits of queues and of clients."""

import os
import re
import shutil
import socket
import subprocess
import time

import processes

START_SECONDS = 60
THRONG = os.environ.get("THRONG_BIN", "build/throng")
FLOOR = os.environ.get("THRONG_FLOOR", "build/throng-floor")

NATS_CONFIG = """host: 127.0.0.1
port: {port}
log_file: "/dev/null"
max_connections: 20000
max_pending: 1073741824
write_deadline: "60s"
ping_interval: "10m"
"""

NGIRCD_CONFIG = """[Global]
    Name = irc.bench
    Info = bench
    AdminInfo1 = bench
    MotdPhrase = bench
    Listen = 127.0.0.1
    Ports = {port}
[Limits]
    MaxConnections = 0
    MaxConnectionsIP = 0
    MaxJoins = 0
    MaxNickLength = 16
    MaxPenaltyTime = 0
    PingTimeout = 3600
    PongTimeout = 3600
[Options]
    DNS = no
    Ident = no
    PAM = no
"""


def _redis(port, folder):
    return ["redis-server", "--bind", "127.0.0.1", "--port", port,
            "--dir", folder, "--save", "", "--appendonly", "no",
            "--loglevel", "warning", "--maxclients", "15000",
            "--tcp-backlog", "4096", "--tcp-keepalive", "0",
            "--client-output-buffer-limit", "normal 0 0 0 pubsub 0 0 0"]


def _nats(port, folder):
    return ["nats-server", "-c", f"{folder}/nats.conf"]


def _ngircd(port, folder):
    return ["ngircd", "-n", "-f", f"{folder}/ngircd.conf"]


def _throng(engine):
    return lambda port, folder: [
        THRONG, "--listen", f"tcp://127.0.0.1:{port}", "--io", engine,
        "--accounts", f"{folder}/{engine}.accounts", "--argon2", "t=1,m=8",
        "--log-level", "warn"]


def _floor(engine):
    return lambda port, folder: [FLOOR, "echo", "--io", engine, "--port", port]


class Kind:
    """A server: its name in tables, how it is started, what the generator is
    told to speak to it, and the text of KIND.conf, if it needs one."""

    def __init__(self, title, command, load=(), version=(), config=""):
        self.title = title
        self.command = command
        self.load = list(load)
        self.version = version
        self.config = config


# ngircd's backlog takes ten.
KINDS = {
    "throng-uring": Kind("throng, io_uring", _throng("uring"),
                         version=(THRONG, "--version")),
    "throng-epoll": Kind("throng, epoll", _throng("epoll"),
                         version=(THRONG, "--version")),
    "redis": Kind("Redis", _redis, ["--peer", "redis"],
                  ("redis-server", "--version")),
    "nats": Kind("NATS", _nats, ["--peer", "nats"],
                 ("nats-server", "--version"), NATS_CONFIG),
    "ngircd": Kind("ngircd", _ngircd, ["--peer", "irc", "--at-once", "8"],
                   ("ngircd", "--version"), NGIRCD_CONFIG),
    "floor-uring": Kind("floor, io_uring", _floor("uring")),
    "floor-epoll": Kind("floor, epoll", _floor("epoll")),
}

THRONGS = ["throng-uring", "throng-epoll"]
PEERS = ["redis", "nats", "ngircd"]
FLOORS = ["floor-uring", "floor-epoll"]


def free_port():
    """One that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def command(kind, options=(), port="PORT", folder="FOLDER"):
    """The words that start it; without port and folder, to be read."""
    usual = KINDS[kind].command(port, folder)
    if "--accounts" in options:
        at = usual.index("--accounts")
        del usual[at:at + 2]
    return usual + list(options)


def versions():
    """The version that each tells, of those that are installed."""
    found = {}
    for name, kind in KINDS.items():
        if kind.version and shutil.which(kind.version[0]):
            said = subprocess.run(kind.version, capture_output=True, text=True,
                                  check=False).stdout
            number = re.search(r"\d+\.\d+(\.\d+)?", said)
            found[name] = number.group(0) if number else "unknown"
    return found


def missing(kinds):
    """The programs of these that are not installed."""
    return [KINDS[kind].version[0] for kind in kinds
            if not shutil.which(KINDS[kind].version[0])]


class Server:
    """One that runs, and takes connections."""

    def __init__(self, kind, options, folder):
        self.kind = kind
        self.port = free_port()
        if KINDS[kind].config:
            with open(f"{folder}/{kind}.conf", "w") as out:
                out.write(KINDS[kind].config.format(port=self.port))
        self.began = time.monotonic()
        self.log = open(f"{folder}/{kind}-{self.port}.log", "w+b")
        self.process = processes.start(
            command(kind, options, str(self.port), folder), self.log)
        while not _is_open(self.port):
            if self.has_ended() or \
                    time.monotonic() - self.began > START_SECONDS:
                self.stop()
                raise RuntimeError(f"{kind} did not start: {self.said()}")
            time.sleep(0.002)

    def answer_seconds(self):
        """Seconds from its start until it has answered a client of throng."""
        with socket.create_connection(("127.0.0.1", self.port),
                                      START_SECONDS) as client:
            client.sendall(b"/ping\n")
            client.recv(100)
        return time.monotonic() - self.began

    def said(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace").strip()

    def has_ended(self):
        return self.process.poll() is not None

    def has_ended_well(self):
        """Of throng: did it go by itself, with all that it had begun?"""
        return self.process.returncode == 0 and \
            self.said().endswith("all threads joined")

    def load_options(self, scheme):
        return ["--connect", f"{scheme}://127.0.0.1:{self.port}",
                *KINDS[self.kind].load]

    def settle(self):
        processes.settle(self.process.pid)

    def stop(self):
        processes.stop(self.process)
