"""The server's WebSocket, as python3-websockets sees it.

usage: python3 tests/web/conformance.py HOST PORT

That library makes and reads the frames here; what a frame holds, and how they
come, is the test's: the groups are those of Autobahn's suite. Prints a line for
each case that fails, and how many there were.
"""

import inspect
import json
import os
import socket
import sys

from websockets.client import ClientConnection
from websockets.frames import Close, Frame, Opcode
from websockets.uri import parse_uri

LINE_BYTES = 4096
MESSAGE_BYTES = 65536


class Client:
    """One WebSocket; frames are sent and heard one at a time."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.protocol = ClientConnection(parse_uri(f"ws://{host}:{port}/ws"))
        self.protocol.send_request(self.protocol.connect())
        self.raw(b"".join(self.protocol.data_to_send()))
        self.events = []
        self.hear()  # the response

    def raw(self, data):
        self.socket.sendall(data)

    def frame(self, opcode, data=b"", fin=True, mask=True):
        self.raw(made(opcode, data, fin, mask))

    def text(self, text):
        self.frame(Opcode.TEXT, text.encode())

    def hear(self):
        """The next event; None at the end."""
        while not self.events:
            data = self.socket.recv(65536)
            if not data:
                return None
            self.protocol.receive_data(data)
            self.events = self.protocol.events_received()
        return self.events.pop(0)

    def expect(self, opcode, data):
        frame = self.hear()
        assert frame is not None, "the connection has ended"
        assert (frame.opcode, frame.data) == (opcode, data), frame

    def expect_line(self, **fields):
        frame = self.hear()
        assert frame is not None, "the connection has ended"
        assert frame.opcode == Opcode.TEXT and frame.fin, frame
        line = json.loads(frame.data)
        for key, value in fields.items():
            assert line.get(key) == value, line

    def expect_echo(self, text):
        self.expect_line(event="echo", text=text)

    def expect_close(self, code):
        frame = self.hear()
        assert frame is not None, "the connection has ended without a word"
        assert frame.opcode == Opcode.CLOSE, frame
        said = Close.parse(frame.data).code if frame.data else None
        assert said == code, f"closed with {said}, not {code}"
        assert self.socket.recv(1) == b"", "something came after the end"


def made(opcode, data=b"", fin=True, mask=True):
    frame = Frame(opcode, data, fin)
    return frame.serialize(mask=mask, extensions=[])


def head(byte, length, mask=b"\0\0\0\0"):
    """A head that the library would not make."""
    if length < 126:
        size = bytes([length | 0x80])
    elif length < 65536:
        size = bytes([126 | 0x80]) + length.to_bytes(2, "big")
    else:
        size = bytes([127 | 0x80]) + length.to_bytes(8, "big")
    return bytes([byte]) + size + mask


# 1: text of every length that is told in another way


def text_of_every_length_comes_back(client):
    for length in (0, 1, 124, 125, 126, 127, 128, 1000, LINE_BYTES):
        client.text("x" * length)
        client.expect_echo("x" * length)


def what_is_over_a_line_is_refused_and_no_more(client):
    for length in (LINE_BYTES + 1, 65535, MESSAGE_BYTES):
        client.text("x" * length)
        client.expect_line(ok=False, code="too-long")
    client.text("still here")
    client.expect_echo("still here")


def what_is_over_a_line_is_not_looked_at(client):
    client.frame(Opcode.TEXT, b"x" * LINE_BYTES + b"\xff\xff")
    client.expect_line(ok=False, code="too-long")
    client.frame(Opcode.TEXT, b"x" * LINE_BYTES, fin=False)
    client.frame(Opcode.CONT, b"", fin=False)
    client.frame(Opcode.CONT, b"\xff")
    client.expect_line(ok=False, code="too-long")
    client.text("x" * LINE_BYTES)
    client.expect_echo("x" * LINE_BYTES)


def what_is_over_a_message_ends_it(client):
    client.frame(Opcode.TEXT, b"x" * (MESSAGE_BYTES + 1))
    client.expect_close(1009)


def a_length_alone_takes_no_memory(client):
    client.raw(head(0x81, 2**62) + b"x")
    client.expect_close(1009)


def a_length_of_64_bits_has_no_sign(client):
    client.raw(head(0x81, 2**63) + b"x")
    client.expect_close(1002)


def a_length_takes_the_fewest_bytes(client):
    client.raw(b"\x81\xfe\x00\x05\0\0\0\0hello")
    client.expect_close(1002)


def a_line_feed_is_a_control_character(client):
    for text in ("a\nb", "a\r", "\n", "a\0b", "\x7f", "\x85"):
        client.text(text)
        client.expect_line(ok=False, code="bad-text")


def binary_is_not_taken(client):
    client.frame(Opcode.BINARY, b"hello")
    client.expect_close(1003)


# 2: pings and pongs


def a_ping_is_answered_with_what_it_has(client):
    for data in (b"", b"x", b"\xff\0\n", b"y" * 125):
        client.frame(Opcode.PING, data)
        client.expect(Opcode.PONG, data)


def a_pong_is_not_answered(client):
    client.frame(Opcode.PONG, b"nobody has asked")
    client.text("next")
    client.expect_echo("next")


def a_ping_of_126_bytes_ends_it(client):
    client.raw(head(0x89, 126) + b"y" * 126)
    client.expect_close(1002)


def ten_pings_have_ten_answers(client):
    client.raw(b"".join(made(Opcode.PING, b"%d" % i) for i in range(10)))
    for i in range(10):
        client.expect(Opcode.PONG, b"%d" % i)


# 3, 4: reserved bits and opcodes; masks


def a_reserved_bit_ends_it(host, port):
    for bit in (0x40, 0x20, 0x10):
        client = Client(host, port)
        client.raw(head(0x81 | bit, 5) + b"hello")
        client.expect_close(1002)


def a_reserved_opcode_ends_it(host, port):
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        client = Client(host, port)
        client.raw(head(0x80 | opcode, 5) + b"hello")
        client.expect_close(1002)


def a_frame_without_a_mask_ends_it(host, port):
    for opcode in (Opcode.TEXT, Opcode.PING, Opcode.CLOSE):
        client = Client(host, port)
        client.frame(opcode, b"", mask=False)
        client.expect_close(1002)


def every_mask_is_taken_off(client):
    for mask in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\x80\x7f\n"):
        text = b"masked by this"
        client.raw(
            head(0x81, len(text), mask)
            + bytes(byte ^ mask[i % 4] for i, byte in enumerate(text))
        )
        client.expect_echo(text.decode())


# 5: fragments


def fragments_are_one_line(client):
    client.frame(Opcode.TEXT, b"one ", fin=False)
    client.frame(Opcode.CONT, b"two ", fin=False)
    client.frame(Opcode.CONT, b"", fin=False)
    client.frame(Opcode.CONT, b"three")
    client.expect_echo("one two three")


def a_ping_may_come_between_fragments(client):
    client.frame(Opcode.TEXT, b"one ", fin=False)
    client.frame(Opcode.PING, b"now")
    client.expect(Opcode.PONG, b"now")
    client.frame(Opcode.CONT, b"two")
    client.expect_echo("one two")


def a_ping_is_no_fragment(client):
    client.raw(head(0x09, 4) + b"half")
    client.expect_close(1002)


def nothing_to_go_on_with_ends_it(client):
    client.frame(Opcode.CONT, b"what?")
    client.expect_close(1002)


def a_finished_message_does_not_go_on(client):
    client.frame(Opcode.TEXT, b"all")
    client.frame(Opcode.CONT, b"more")
    client.expect_echo("all")
    client.expect_close(1002)


def a_message_within_another_ends_it(host, port):
    for opcode in (Opcode.TEXT, Opcode.BINARY):
        client = Client(host, port)
        client.frame(Opcode.TEXT, b"one", fin=False)
        client.frame(opcode, b"two")
        client.expect_close(1002)


def fragments_are_bounded_together(client):
    client.frame(Opcode.TEXT, b"x" * 4096, fin=False)
    for _ in range(MESSAGE_BYTES // 4096):
        client.frame(Opcode.CONT, b"x" * 4096, fin=False)
    client.expect_close(1009)


def a_close_may_come_between_fragments(client):
    client.frame(Opcode.TEXT, b"never done", fin=False)
    client.frame(Opcode.CLOSE, b"\x03\xe8")
    client.expect_close(1000)


# 6: UTF-8

GOOD = ("é", "κόσμε", "😀", "\ufffd", "\uffff", "\U0010ffff", "\u202eabc")
BAD = (
    b"\xff",
    b"\x80",
    b"\xc3",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"good \xce\xba and \xed\xa0\x80 bad",
)


def text_in_every_alphabet_comes_back(client):
    for text in GOOD:
        client.text(text)
        client.expect_echo(text)


def a_character_may_be_cut_by_fragments(client):
    data = "κόσμε😀".encode()
    for i, byte in enumerate(data):
        kind = Opcode.CONT if i else Opcode.TEXT
        client.frame(kind, bytes([byte]), fin=i == len(data) - 1)
    client.expect_echo("κόσμε😀")


def what_is_not_utf8_ends_it(host, port):
    for data in BAD:
        client = Client(host, port)
        client.frame(Opcode.TEXT, data)
        client.expect_close(1007)


def what_is_not_utf8_in_fragments_ends_it(client):
    client.frame(Opcode.TEXT, b"\xce", fin=False)
    client.frame(Opcode.CONT, b"\xce\xba")
    client.expect_close(1007)


# 7: closing


def a_close_is_answered_in_kind(host, port):
    codes = (1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999)
    for code in codes:
        client = Client(host, port)
        client.frame(Opcode.CLOSE, code.to_bytes(2, "big") + "bye é".encode())
        client.expect_close(code)


def a_close_without_a_code_is_answered_without(client):
    client.frame(Opcode.CLOSE)
    client.expect_close(None)


def a_code_that_there_is_not_is_an_error(host, port):
    codes = (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000)
    for code in (*codes, 65535):
        client = Client(host, port)
        client.frame(Opcode.CLOSE, code.to_bytes(2, "big"))
        client.expect_close(1002)


def half_a_code_is_an_error(client):
    client.frame(Opcode.CLOSE, b"\x03")
    client.expect_close(1002)


def a_reason_is_utf8(client):
    client.frame(Opcode.CLOSE, b"\x03\xe8\xce\xba\xe1\xbd")
    client.expect_close(1007)


def what_comes_after_a_close_is_not_heard(client):
    client.raw(
        made(Opcode.CLOSE, b"\x03\xe8")
        + made(Opcode.TEXT, b"hello?")
        + made(Opcode.PING, b"there?")
    )
    client.expect_close(1000)


def the_server_says_why_it_closes(client):
    client.text("/quit")
    client.expect_line(re="quit", ok=True, text="bye")
    client.expect_close(1000)


# 9, and how bytes come


def every_byte_may_come_alone(client):
    data = made(Opcode.TEXT, b"slowly ", fin=False) + made(Opcode.PING, b"?")
    data += made(Opcode.CONT, b"x" * 130)
    for byte in data:
        client.raw(bytes([byte]))
    client.expect(Opcode.PONG, b"?")
    client.expect_echo("slowly " + "x" * 130)


def all_may_come_at_once(client):
    lines = (b"/ping %d" % i for i in range(1000))
    client.raw(b"".join(made(Opcode.TEXT, line) for line in lines))
    for i in range(1000):
        client.expect_line(re="ping", text=f"pong {i}")


def what_is_asked_is_answered_in_order(client):
    name = "n" + os.urandom(6).hex()
    account = f"{name} secretpw"
    lines = (f"/register {account}", f"/login {account}", "/b hi", "/whoami")
    client.raw(b"".join(made(Opcode.TEXT, line.encode()) for line in lines))
    client.expect_line(re="register", ok=True)
    client.expect_line(re="login", ok=True, name=name)
    client.expect_line(event="message", text="hi")
    client.expect_line(re="whoami", name=name)


def a_password_may_come_after_its_prompt(client):
    name = "p" + os.urandom(6).hex()
    client.text(f"/register {name} secretpw")
    client.expect_line(re="register", ok=True)
    client.text("/format text")
    client.expect(Opcode.TEXT, b"OK format text")
    client.text(f"/login {name}")
    client.expect(Opcode.TEXT, b"*** Password: ")
    client.text("secretpw")
    frame = client.hear()
    assert frame.data.startswith(f"OK logged in as {name}#".encode()), frame


def cases():
    for name, value in list(globals().items()):
        if inspect.isfunction(value) and value.__module__ == "__main__":
            arguments = tuple(inspect.signature(value).parameters)
            if arguments in (("client",), ("host", "port")):
                yield name, value, arguments


def main():
    host, port = sys.argv[1], int(sys.argv[2])
    failed = count = 0
    for name, case, arguments in cases():
        count += 1
        try:
            if arguments == ("client",):
                case(Client(host, port))
            else:
                case(host, port)
        except Exception as error:  # whatever it was, the next ones are told
            failed += 1
            print(f"{name}: {error!r}"[:300])
    print(f"{count} cases, {failed} failed")
    return failed > 0 or count < 40


if __name__ == "__main__":
    sys.exit(main())
