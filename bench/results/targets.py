"""What throng must reach, and whether it did."""

import markdown
from parts import (FULL_SPEED, IN_TIME, LINES, MANY_ROOMS, ONE_BY_ONE, ONE_ROOM,
                   SILENT, TLS, WEB, spoken)


class Target:
    """`value` takes the views and tells what was measured, or None."""

    def __init__(self, words, limit, unit, value):
        self.words = words
        self.limit = limit
        self.unit = unit
        self.value = value


def median(views, part, work, key, kind="throng-uring"):
    return views[part].median(work, kind, key) if part in views else None


def ratio(over, under):
    return over / under if over and under else None


def members_ratio(views):
    return ratio(
        median(views, "members", "100,000 members", "server_cpu_us"),
        median(views, "members", "1,000 members", "server_cpu_us"))


def rooms_ratio(views):
    return ratio(
        median(views, "rooms", MANY_ROOMS, "server_cpu_us"),
        median(views, "rooms", ONE_ROOM, "server_cpu_us"))


def web_ratio(what, under):
    return lambda views: ratio(
        median(views, "spoken", spoken(what, WEB), "server_cpu_us"),
        median(views, "spoken", spoken(what, under), "server_cpu_us"))


TARGETS = [
    Target("a 100-byte broadcast to 100,000 logged-in clients in one io_uring "
           "process, until the last has it (the slowest of five)", 1, "s",
           lambda views: scaled(median(
               views, "members", ONE_BY_ONE, "last_ms"), 1e-3)),
    Target("connecting and logging in 100,000 (`--argon2 t=1,m=8`)", 20, "s",
           lambda views: median(views, "memory", "100,000 clients",
                                "seconds")),
    Target("user space of each, idle", 512, "bytes",
           lambda views: median(views, "memory", "100,000 clients",
                                "bytes_per_client")),
    Target("`exit` with 100,000 connected, every goodbye delivered, all "
           "joined", 10, "s",
           lambda views: median(views, "exit", "100,000 clients", "exit_s")),
    Target("processor time of a delivery at 100,000 members, of that at 1,000",
           2, "times", members_ratio),
    Target("processor time of a delivery in 10,000 rooms of 10, each saying "
           "its 10 messages at once, of that in one room", 3, "times",
           rooms_ratio),
    Target("processor time of a delivery by WebSocket, of that in JSON lines, "
           "as fast as it goes", 1.15, "times",
           web_ratio(FULL_SPEED, "JSON lines")),
    Target("of that in lines of text, as fast as it goes", 1.15, "times",
           web_ratio(FULL_SPEED, LINES)),
    Target("of that in lines of text, 100 messages a second", 1.15, "times",
           web_ratio(IN_TIME, LINES)),
    Target("user space of a silent client in TLS 1.3", 24, "KiB",
           lambda views: scaled(median(
               views, "memory", spoken(SILENT, TLS),
               "bytes_per_client"), 1 / 1024)),
]


def scaled(value, factor):
    return None if value is None else value * factor


def verdict(value, limit):
    if value is None:
        return "not measured"
    return "yes" if value <= limit else "**no**"


def table(views, found=None):
    rows = []
    for target in found or TARGETS:
        value = target.value(views)
        rows.append([target.words, f"{target.limit} {target.unit}",
                     markdown.figure(value, target.unit)
                     if value is not None else "-",
                     verdict(value, target.limit)])
    return markdown.table(["", "at most", "measured", "reached"], rows)
