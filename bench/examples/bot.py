#!/usr/bin/env python3
"""A bot for a throng room: it answers !ping and !time.

It speaks JSON. When the connection is lost it comes back and asks for what it
has missed, also after the server was restarted and counts from 1 again.

usage: BOT_PASSWORD=... bot.py HOST PORT NAME ROOM
"""
import json
import os
import socket
import sys
import time

RETRY_S = 1
PASSING = ("busy", "going-down", "too-many-attempts")  # worth another try
ANSWERS = {
    "!ping": lambda: "pong",
    "!time": lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
}


class Bot:
    def __init__(self, name, password, room):
        self.name, self.password = name, password
        self.room = room.removeprefix("#").lower()
        self.seq = None  # of the last message; None before the first join
        self.mark = None  # whose it was and when, to know it again

    def send(self, *lines):
        self.sock.sendall("".join(line + "\n" for line in lines).encode())

    def run(self, sock):
        """Serves one connection until it ends."""
        self.sock = sock
        since = ""
        if self.seq is not None:  # the last one again: is it the same?
            since = f" since={self.seq - 1 if self.mark else self.seq}"
        self.send("/format json", f"/register {self.name} {self.password}",
                  f"/login {self.name} {self.password}",
                  f"/join {self.room}{since}")
        for line in sock.makefile(encoding="utf-8", newline="\n"):
            event = json.loads(line)
            if event["event"] == "reply" and event["re"] in ("login", "join"):
                self.on_reply(event)
            elif event.get("room") == self.room and self.seq is not None:
                if event["event"] == "message":
                    self.on_message(event)
                elif event["event"] == "gap":
                    raise ConnectionError("some were skipped: back for them")

    def on_reply(self, event):
        if not event["ok"]:
            if event["code"] in PASSING:
                raise ConnectionError(event["text"])
            sys.exit(f"bot: {event['re']}: {event['text']}")
        if event["re"] == "join" and event["seq"] != self.seq:
            if event["seq"] < (self.seq or 0):
                self.start_over()
            self.seq, self.mark = event["seq"], None
            self.send(f"/history {self.room} 1")  # shows its mark

    def on_message(self, event):
        mark = (event["client"], event["time"])
        if event["seq"] == self.seq and self.mark in (None, mark):
            self.mark = mark  # seen before
        elif event["seq"] <= self.seq:
            self.start_over()
        else:
            self.seq, self.mark = event["seq"], mark
            is_own = event["from"].lower() == self.name.lower()
            if event["text"] in ANSWERS and not is_own:
                self.send(f"/say {self.room} {ANSWERS[event['text']]()}")

    def start_over(self):
        self.seq, self.mark = 0, None
        raise ConnectionError("the room counts anew: back for all of it")


if __name__ == "__main__":
    if len(sys.argv) != 5 or "BOT_PASSWORD" not in os.environ:
        sys.exit(__doc__)
    bot = Bot(sys.argv[3], os.environ["BOT_PASSWORD"], sys.argv[4])
    while True:
        try:
            with socket.create_connection(sys.argv[1:3]) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                bot.run(connection)
        except (OSError, ValueError) as problem:
            print(f"bot: {problem}", file=sys.stderr)
        time.sleep(RETRY_S)
