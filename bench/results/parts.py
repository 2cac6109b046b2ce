"""What is measured, part by part, and how it is told."""

import os
import re
import shlex

import markdown
import servers
from curves import (ALL_READ, PERCENTILES, TITLES, picture_accounts,
                    picture_members, picture_memory, picture_rate,
                    picture_turn)
from servers import FLOORS, THRONGS
from study import BENCH, Work

MANY = 100000  # clients; an epoll server has no descriptors for so many
ROOM_FOR_MANY = ["--max-clients", str(MANY + 200)]
MANY_ROOMS = "10,000 rooms of 10, ten messages at once"
ONE_ROOM = "one room of 10, ten at once, as many deliveries"
ONE_BY_ONE = f"{MANY:,} members, a message a second"
FULL_SPEED = "1,000 members, as fast as it goes"
IN_TIME = "1,000 members, 100 messages a second"
SILENT = "1,000 clients"


class Part:
    """`about` says what is asked and how. `measure` takes a study; `tables`
    tells what a view of it has, in paragraphs, `picture` as a picture."""

    def __init__(self, name, title, about, measure, tables, picture=None):
        self.name = name
        self.title = title
        self.about = about
        self.measure = measure
        self.tables = tables
        self.picture = picture


def some(study, full, quick):
    return quick if study.quick else full


def timing(study):
    return some(study, "--seconds 1 --warmup 0.3",
                "--seconds 0.3 --warmup 0.1")


def commands(view):
    """How each work's figures are got: how many runs of each server there are,
    what throng is started with besides the usual, the generator's command, and
    the floor's, without where it connects to."""
    found, runs = {}, {}
    for run in view.runs:
        key = (run["work"], run["server"])
        runs[key] = runs.get(key, 0) + 1
        text = re.sub(r" --connect .*$| --io (uring|epoll)$", "",
                      run["command"])
        texts = found.setdefault(run["work"], {})
        if run["options"]:
            texts[f"throng {' '.join(run['options'])}"] = None
        texts[text] = None
    rows = [[work, "/".join(map(str, sorted(
                {count for (name, _), count in runs.items()
                 if name == work}))),
             "<br>".join(f"`{text}`" for text in texts)]
            for work, texts in found.items()]
    return markdown.words(["", "runs", "command"], rows)


def compare(view, key, **how):
    """A figure of all servers. The floor is beyond competition."""
    return markdown.compare(view, key, view.servers(), TITLES,
                            contest=lambda kind: kind not in FLOORS, **how)


def cost(view):
    return compare(view, "server_cpu_us")


def everyone(study):
    return THRONGS + study.peers + FLOORS


# What a message costs.

def measure_members(study):
    works = [Work(f"{members:,} members",
                  f"fanout --members {members} {timing(study)}", members,
                  f"fanout --clients {members} --messages 160")
             for members in some(study, [10, 100, 1000, 5000, 10000],
                                 [10, 100, 1000])]
    # Every join is told to all who are in: 12 million lines.
    study.turns(works, everyone(study),
                lambda work, kind: kind == "ngircd" and work.x > 1000)
    if not study.quick:
        study.turns([
            Work(f"{MANY:,} members", f"fanout --members {MANY} "
                 "--seconds 3 --warmup 1", MANY, options=ROOM_FOR_MANY,
                 fresh=True),
            Work(ONE_BY_ONE, f"fanout --members {MANY} --publishers 1 "
                 "--rate 1 --messages 5", options=ROOM_FOR_MANY,
                 fresh=True)], ["throng-uring"])


def show_members(view):
    return ["Microseconds of the server's processor time for a delivery:",
            cost(view), "Deliveries a second:",
            compare(view, "deliveries_per_s", more=True),
            f"Until the last of {MANY:,} members had the slowest of five "
            "messages, in milliseconds: " + markdown.figure(
                view.median(ONE_BY_ONE, "throng-uring", "last_ms")) + "."]


def measure_turn(study):
    works = [Work(f"{window} outstanding",
                  f"fanout --members 1000 --publishers 1 --window {window} "
                  f"{timing(study)}", window,
                  f"fanout --clients 1000 --messages {window}")
             for window in some(study, [1, 4, 16, 64, 256], [1, 16])]
    study.turns(works, everyone(study))


def show_cost(view):
    return ["Microseconds of the server's processor time for a delivery:",
            cost(view)]


def measure_rate(study):
    load = "fanout --members 1000 --rate 100 " + some(
        study, "--seconds 4 --warmup 1", "--seconds 0.5")
    study.turns([Work(ALL_READ, load)], THRONGS + study.peers)
    study.turns([Work("20 members do not read", load + " --slow 20")], THRONGS)


def show_rate(view):
    rows = []
    for work in view.works():
        for kind in view.servers():
            values = [view.median(work, kind, key, "deliver")
                      for key, _ in PERCENTILES]
            if any(values):
                name = TITLES[kind] if work == ALL_READ else \
                    f"{TITLES[kind]}; {work}"
                values = [value and value / 1000 for value in values]
                values.append(view.median(work, kind, "server_cpu_us"))
                rows.append([name] + [markdown.figure(value)
                                      for value in values])
    return ["Milliseconds from when a message was due to its delivery, and the "
            "server's microseconds for one:",
            markdown.table(["", "p50", "p90", "p99", "p99.9", "p99.99",
                            "CPU, us"], rows)]


def measure_echo(study):
    works = [Work(name, f"echo --clients {clients} --depth {depth} "
                        f"{timing(study)}")
             for name, clients, depth in some(study, [
                 ("50 clients", 50, 1), ("1,000 clients", 1000, 1),
                 ("9,000 clients", 9000, 1),
                 ("1,000 clients, 16 deep", 1000, 16)],
                 [("50 clients", 50, 1)])]
    study.turns(works, everyone(study))


def show_echo(view):
    return ["Microseconds of the server's processor time for a request:",
            cost(view), "Requests a second:",
            compare(view, "requests_per_s", more=True)]


# Ways to speak: the generator's options, and whether it is in TLS.
LINES, WEB, TLS = "lines", "WebSocket", "lines in TLS"
WAYS = {LINES: ("", False), "JSON lines": (" --peer json", False),
        WEB: (" --peer web", False), TLS: ("", True),
        "WebSocket in TLS": (" --peer web", True)}


def spoken(what, how):
    return f"{what}; {how}"


def speak(study, what, load, how, fresh=False):
    """That work, by a client that speaks so."""
    peer, tls = WAYS[how]
    return Work(spoken(what, how), load + peer, fresh=fresh,
                options=study.certificate() if tls else (),
                scheme="tls" if tls else "tcp")


def measure_spoken(study):
    loads = [(FULL_SPEED, "fanout --members 1000 " + timing(study)),
             (IN_TIME, "fanout --members 1000 --rate 100 " + some(
                 study, "--seconds 4 --warmup 1", "--seconds 0.5")),
             ("echo, 50 clients", "echo --clients 50 " + timing(study))]
    study.turns([speak(study, what, load, how)
                 for what, load in loads for how in WAYS], THRONGS)


# Everything at once.

def measure_mixed(study):
    load = some(study, "--clients 500 --rooms 20 --rate 1000 --seconds 10 "
                "--restarts 3", "--clients 50 --rate 200 --seconds 1")
    for kind in THRONGS:
        port = str(servers.free_port())
        folder = f"{study.folder}/mixed-{kind}"
        os.mkdir(folder)
        work = Work("with kill -9", f"mixed {load}")
        study.run(work, kind, [
            BENCH, *work.load, "--restart",
            shlex.join(servers.command(kind, (), port, folder)),
            "--connect", f"tcp://127.0.0.1:{port}"])


def show_mixed(view):
    rows = []
    for kind in view.servers():
        for work in view.works():
            rows.append([TITLES[kind]] + [
                markdown.figure(view.median(work, kind, key))
                for key in ("messages", "deliveries", "gaps", "skipped",
                            "resumed", "reconnects", "restarts", "down_ms",
                            "accounts", "accounts_lost", "unchecked",
                            "failures")])
    return [markdown.table(
        ["", "messages", "deliveries", "gaps", "skipped", "resumed",
         "reconnects", "kills", "down, ms", "accounts", "lost", "unchecked",
         "failures"], rows)]


# What a client costs.

def measure_memory(study):
    works = [Work(f"{clients:,} clients", f"idle --clients {clients}", clients,
                  f"connect --clients {clients}", fresh=True)
             for clients in some(study, [1000, 10000], [200])]
    study.turns(works, everyone(study), rounds=1)
    study.turns([speak(study, SILENT, "idle --clients "
                       f"{some(study, 1000, 200)}", how, fresh=True)
                 for how, (_, tls) in WAYS.items() if tls or how == WEB],
                THRONGS, rounds=1)
    if not study.quick:
        many = Work(f"{MANY:,} clients", f"idle --clients {MANY}", MANY,
                    options=ROOM_FOR_MANY, fresh=True)
        study.turns([many], ["throng-uring"])


def show_memory(view):
    kernel = []
    keys = (("kernel_bytes_both_ends", "a connection's two ends"),
            ("kernel_bytes_watch", "waiting for its input"))
    for kind in FLOORS:
        for key, words in keys:
            points = view.curve(kind, key)
            kernel.append([f"{TITLES[kind]}: {words}",
                           markdown.figure(points[-1][1] if points else None)])
    return ["Bytes of the server's own (private, anonymous) memory for a "
            "client that is logged in and silent:",
            compare(view, "bytes_per_client"),
            "Clients a second that connect and log in (floor: that connect):",
            compare(view, "clients_per_s", more=True),
            "What the kernel keeps for each, in bytes, whatever the server:",
            markdown.table(["", "bytes"], kernel)]


def measure_exit(study):
    sizes = some(study, [1000, 10000], [100])
    works = [Work(f"{clients:,} clients", f"exit --clients {clients}", clients,
                  fresh=True) for clients in sizes]
    study.turns(works, THRONGS)
    if not study.quick:
        many = Work(f"{MANY:,} clients", f"exit --clients {MANY}", MANY,
                    options=ROOM_FOR_MANY, fresh=True)
        study.turns([many], ["throng-uring"], rounds=1)


def show_exit(view):
    return ["Seconds from the signal until the process has gone:",
            compare(view, "exit_s"), "Goodbyes received:",
            markdown.compare(view, "goodbyes", view.servers(), TITLES,
                             contest=lambda kind: False)]


# What an account costs.

def measure_accounts(study):
    sizes = some(study, [1000, 10000, 100000, 1000000], [1000, 10000])
    folder = f"{study.folder}/accounts"
    os.mkdir(folder)
    for accounts in sizes:
        work = Work(f"{accounts:,} accounts", "", accounts)
        study.run(work, "store", ["build/throng-bench-accounts", "--keep",
                                  folder, str(accounts)])
        for _ in range(study.rounds):
            for kind in THRONGS:
                measure_start(study, work, kind, f"{folder}/{accounts}")


def measure_start(study, work, kind, path):
    options = ["--accounts", path]
    server = study.server(kind, options)
    study.keep(work, kind, servers.command(kind, options),
               {"start_s": server.answer_seconds()})
    study.stop_servers()


def show_accounts(view):
    rows = []
    for work in view.works():
        rows.append([work] + [markdown.figure(value) for value in (
            view.median(work, "store", "load_s"),
            view.median(work, "throng-uring", "start_s"),
            view.median(work, "store", "finds_per_s"),
            view.median(work, "store", "finds_ahead_per_s"),
            view.median(work, "store", "bytes_beyond_strings"))])
    return [markdown.table(
        ["", "loading, s", "until the server answers, s", "finds a second",
         "finds, prefetched", "bytes beyond the strings"], rows)]


# Studies of throng alone.

def measure_reactors(study):
    works = []
    for reactors in some(study, [1, 2, 4, 8], [1, 2]):
        options = ["--reactors", str(reactors)]
        name = f"{reactors} reactor{'s' if reactors > 1 else ''}"
        works.append(Work(f"fan-out to 1,000, {name}", "fanout --members 1000 "
                          + timing(study), reactors, options=options))
        works.append(Work(f"echo, 1,000 clients, {name}",
                          "echo --clients 1000 " + timing(study), reactors,
                          options=options))
    study.turns(works, THRONGS)


def show_reactors(view):
    return ["Microseconds of the server's processor time for a delivery or a "
            "request:", cost(view), "99th percentile of its latency, in "
            "milliseconds:",
            compare(view, "p99_us", scale=1e-3)]


def measure_history(study):
    works = [Work(f"{kept:,} messages kept", "fanout --members 1000 " +
                  timing(study), kept, options=["--history", str(kept)])
             for kept in some(study, [0, 100, 1000, 10000], [0, 1000])]
    study.turns(works, THRONGS)


def measure_rooms(study):
    works = [Work(f"{rooms:,} room{'s' if rooms > 1 else ''} of 10",
                  f"rooms --rooms {rooms} --members 10 --messages "
                  f"{some(study, 20000, 1000) // rooms}", rooms)
             for rooms in some(study, [1, 10, 100, 1000], [1, 10])]
    study.turns(works, THRONGS)
    if not study.quick:
        study.turns([
            Work("10,000 rooms of 10",
                 "rooms --rooms 10000 --members 10 --messages 10", 10000,
                 options=ROOM_FOR_MANY, fresh=True),
            Work(MANY_ROOMS, "rooms --rooms 10000 --members 10 --messages 10 "
                 "--window 10", options=ROOM_FOR_MANY, fresh=True),
            Work(ONE_ROOM, "rooms --rooms 1 --members 10 --messages 100000 "
                 "--window 10", options=ROOM_FOR_MANY)],
            ["throng-uring"], rounds=1)


PARTS = [
    Part("latency", "A message to 1,000 members, 100 times a second",
         "Ten publishers among 1,000 members send 100 messages of 100 bytes a "
         "second, each at its time whatever has become of the others.",
         measure_rate, show_rate, picture_rate),
    Part("members", "What a delivery costs, by members",
         "Ten publishers keep 16 messages each outstanding: as fast as it "
         "goes. The floor sends the same 160 messages to each member in one "
         "send. ngircd tells every join to all who are in, which ends at "
         "1,000; epoll has no descriptors for 100,000.",
         measure_members, show_members, picture_members),
    Part("turn", "What a delivery costs, by messages in a turn",
         "One publisher keeps so many messages outstanding to 1,000 members; "
         "so many are at most sent to a member together. The floor always "
         "sends so many together.",
         measure_turn, show_cost, picture_turn),
    Part("echo", "What a request costs",
         "Guests send a line and wait for its echo; with 16 deep, 16 lines. "
         "The floor answers the same generator and does nothing else.",
         measure_echo, show_echo),
    Part("spoken", "What WebSocket and TLS cost",
         "The same work in each of the ways that a client may speak. A message "
         "in JSON, which browsers get, is some 110 bytes longer than in text. "
         "In TLS the generator connects to `tls://`.",
         measure_spoken, show_cost),
    Part("memory", "What a client costs",
         "A hundred clients log in, then these, and the server's memory is "
         "read before and after.",
         measure_memory, show_memory, picture_memory),
    Part("accounts", "What an account costs",
         "The store alone, without a server, and the start of a server with "
         "the same file, until it has answered a client.",
         measure_accounts, show_accounts, picture_accounts),
    Part("reactors", "Reactors",
         "Threads that serve clients.",
         measure_reactors, show_reactors),
    Part("rooms", "Rooms",
         "Rooms of ten, each member in one; all that is said is heard by the "
         "ten of its room. A member has four messages outstanding, or says "
         "all ten at once: the more there are of a room in a turn, the fewer "
         "sends.",
         measure_rooms, show_cost),
    Part("history", "History",
         "What it costs to keep messages of a room for those who come later: "
         "fan-out to 1,000.",
         measure_history, show_cost),
    Part("mixed", "Everything at once, and the server killed",
         "Members talk while some stall, lose their connections and come back "
         "for what they have missed, join and leave, log out and in; accounts "
         "are registered; meanwhile the server gets SIGKILL and is started "
         "again. Every member checks that nothing is lost, doubled, altered or "
         "out of order but what is announced, and every account that was "
         "acknowledged has to be there.",
         measure_mixed, show_mixed),
    Part("exit", "The end",
         "The server is told to end by a signal while all are logged in; each "
         "must get the goodbye.",
         measure_exit, show_exit),
]
