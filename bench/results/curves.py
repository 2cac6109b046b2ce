"""What parts have to show as pictures."""

import math

import servers
from pictures import Axis, Picture, apart, decades, plain

TITLES = {kind: servers.KINDS[kind].title for kind in servers.KINDS}
ALL_READ = "100 messages a second"
PERCENTILES = [("p50_us", 50), ("p90_us", 90), ("p99_us", 99),
               ("p999_us", 99.9), ("p9999_us", 99.99)]


def curves(view, key):
    return [(kind, TITLES[kind], view.curve(kind, key))
            for kind in view.servers()]


def picture_of(title, subtitle, x_title, y_title, found):
    """Curves over what grows, both axes logarithmic, which have no place for
    nothing; None if there are none, or all of one place."""
    found = [(kind, name, [(x, y) for x, y in points if y > 0])
             for kind, name, points in found]
    xs = sorted({x for _, _, points in found for x, _ in points})
    if len(xs) < 2:
        return None
    low, high, ticks = decades([y for _, _, points in found
                                for _, y in points])
    return Picture(title, subtitle,
                   Axis(x_title, xs[0] * 0.9, xs[-1], True,
                        apart([(plain(x), x) for x in xs], xs[0], xs[-1])),
                   Axis(y_title, low, high, True, ticks), found)


def picture_members(view):
    return picture_of(
        "What a delivery costs, from 10 members to 100,000",
        "Ten publishers, 16 messages outstanding each, 100 bytes; all "
        "deliveries checked.", "members",
        "µs of the server’s processor time for a delivery",
        curves(view, "server_cpu_us"))


def picture_turn(view):
    return picture_of(
        "What a delivery costs, by messages that are sent together",
        "One publisher to 1,000 members; messages of 100 bytes; all "
        "deliveries checked.", "messages outstanding",
        "µs of the server’s processor time for a delivery",
        curves(view, "server_cpu_us"))


def picture_memory(view):
    return picture_of(
        "What a silent client takes of the server’s own memory",
        "Logged in, nothing said; private memory of the process, without the "
        "kernel’s.", "clients", "bytes a client",
        curves(view, "bytes_per_client"))


def picture_accounts(view):
    return picture_of(
        "How long a start takes with many accounts",
        "A file of accounts, each line checked; medians of the rounds.",
        "accounts", "seconds",
        [("throng-uring", "until it answers",
          view.curve("throng-uring", "start_s")),
         ("floor-uring", "loading alone", view.curve("store", "load_s"))])


def picture_rate(view):
    found = []
    for kind in view.servers():
        points = [(-math.log10(1 - percent / 100),
                   view.median(ALL_READ, kind, key, "deliver"))
                  for key, percent in PERCENTILES]
        found.append((kind, TITLES[kind],
                      [(x, y / 1000) for x, y in points if y]))
    if not any(points for _, _, points in found):
        return None
    low, high, ticks_y = decades([y for _, _, points in found
                                  for _, y in points])
    ticks = [(f"{percent:g} %", -math.log10(1 - percent / 100))
             for _, percent in PERCENTILES]
    return Picture(
        "How long a message takes to each of 1,000 members",
        "100 messages of 100 bytes a second; from when each was due. Medians "
        "of the rounds.",
        Axis("deliveries that were at least as fast", 0.28, 4, ticks=ticks),
        Axis("milliseconds", low, high, True, ticks_y), found)
