"""A client of the chat in Python's standard library, written from docs/protocol.md alone.

    client.py ws://HOST:PORT TOKEN [http://HOST:PORT REFRESH_TOKEN DEVICE_KEY]

With the address of the API it refreshes its token, and renews it on an open connection. It reads commands from stdin, one JSON object a line:
    {"do": "join", "room": ROOM}
    {"do": "send", "room": ROOM, "clientId": ID, "body": TEXT}
and ends with stdin. It prints each frame of the server as it arrived, and {"type": "closed", "code"}
or {"type": "refused", "status"} after each connection. It exits with 1 where the protocol says that
a client ends.
"""

import base64
import hashlib
import json
import os
import random
import select
import socket
import struct
import sys
import time
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

CONNECT_SECONDS = 5
SILENCE_SECONDS = 60
STEADY_SECONDS = 10
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.1, 5
MAX_RETRY_AFTER_SECONDS = 300
MAX_FRAME_BYTES = 4 * 1024 * 1024
MAX_HEAD_BYTES = 64 * 1024

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
BUGS = {1002, 1003, 1007, 1008, 1009, 4400}
UNAUTHORIZED = 4401
UNAUTHORIZED_STATUS = 401
PASSING_STATUSES = {408, 425, 429}


class Ended(Exception):
    """The client must not connect again."""


class Closed(Exception):
    """The connection is over; code is None if it was cut."""

    def __init__(self, code=None):
        super().__init__(code)
        self.code = code


class Refused(Exception):
    def __init__(self, status, retry_after):
        super().__init__(status)
        self.status = status
        self.retry_after = retry_after


class Tokens:
    """The token of the session, which is refreshed when half of its life is over."""

    def __init__(self, token, api=None, refresh_token=None, device_key=None):
        self.api, self.refresh_token, self.device_key = api, refresh_token, device_key
        self.keep(token)

    def keep(self, token):
        claims = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        self.current = token
        self.refresh_at = time.monotonic() + (claims["exp"] - claims["iat"]) / 2

    def get(self):
        if self.api and time.monotonic() > self.refresh_at:
            self.refresh()
        return self.current

    def refresh(self):
        """Raises Ended if the session is over, and OSError if it may be tried again."""
        if not self.api:
            raise Ended("the token was refused")
        body = json.dumps({"refreshToken": self.refresh_token, "deviceKey": self.device_key}).encode()
        request = Request(f"{self.api}/api/users/refresh", body, {"Content-Type": "application/json"})
        try:
            with urlopen(request, timeout=CONNECT_SECONDS) as answer:
                granted = json.load(answer)
        except HTTPError as error:
            if error.code == UNAUTHORIZED_STATUS:
                raise Ended("the session has ended") from error
            raise
        self.refresh_token = granted["refreshToken"]
        self.keep(granted["token"])


class Connection:
    """One WebSocket (RFC 6455) that never blocks once it is open."""

    def __init__(self, url, token):
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), CONNECT_SECONDS)
        self.received, self.unsent = b"", b""
        try:
            self.shake_hands(parts, token)
        except BaseException:
            self.socket.close()
            raise
        self.socket.setblocking(False)
        self.opened_at = self.heard_at = time.monotonic()

    def shake_hands(self, parts, token):
        key = base64.b64encode(os.urandom(16)).decode()
        head = [
            "GET / HTTP/1.1",
            f"Host: {parts.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            f"Authorization: Bearer {token}",
        ]
        deadline = time.monotonic() + CONNECT_SECONDS
        self.socket.sendall("\r\n".join([*head, "", ""]).encode())
        while b"\r\n\r\n" not in self.received:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            chunk = self.socket.recv(65536)
            if not chunk or len(self.received) > MAX_HEAD_BYTES:
                raise Closed()
            self.received += chunk
        answer, self.received = self.received.split(b"\r\n\r\n", 1)
        status_line, *lines = answer.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(status_line.split(" ")[1])
        if status != 101:
            raise Refused(status, headers.get("retry-after", ""))
        expected = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        if headers.get("sec-websocket-accept") != base64.b64encode(expected).decode():
            raise Closed()

    def send(self, payload, opcode=TEXT):
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
        elif length < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
        mask = os.urandom(4)
        repeated = mask * (length // 4 + 1)
        masked = int.from_bytes(payload, "big") ^ int.from_bytes(repeated[:length], "big")
        self.unsent += head + mask + masked.to_bytes(length, "big")

    def write(self):
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent) :]
        except BlockingIOError:
            pass
        except OSError as error:
            raise Closed() from error

    def read(self):
        """Yields the text frames that have arrived whole. Raises Closed."""
        try:
            chunk = self.socket.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError as error:
            raise Closed() from error
        if not chunk:
            raise Closed()
        self.heard_at = time.monotonic()
        self.received += chunk
        while (frame := self.next_frame()) is not None:
            opcode, payload = frame
            if opcode == TEXT:
                yield json.loads(payload)
            elif opcode == PING:
                self.send(payload, PONG)
            elif opcode == CLOSE:
                self.send(payload[:2], CLOSE)
                self.write()
                raise Closed(struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else None)

    def next_frame(self):
        """The first frame of what was received; None while it is incomplete."""
        data = self.received
        if len(data) < 2:
            return None
        length, start = data[1] & 0x7F, 2
        if length >= 126:
            form, start = ("!H", 4) if length == 126 else ("!Q", 10)
            if len(data) < start:
                return None
            length = struct.unpack(form, data[2:start])[0]
        if length > MAX_FRAME_BYTES:
            raise Closed()
        if len(data) < start + length:
            return None
        self.received = data[start + length :]
        return data[0] & 0x0F, data[start : start + length]


class Client:
    def __init__(self, url, *tokens):
        self.url, self.tokens = url, Tokens(*tokens)
        self.token_in_use, self.token_refused = None, False
        self.renew_after = 0
        self.positions = {}  # of the rooms, None before the first `joined`
        self.unacknowledged = {}  # (room, clientId) -> frame, in the order of sending
        self.unanswered = set()  # rooms, and keys of messages, of this connection
        self.connection = None
        self.delay = FIRST_DELAY_SECONDS
        self.retry_after = 0
        self.commands = b""

    def run(self):
        while True:
            self.chat()
            pause = self.retry_after + self.delay * random.uniform(0.5, 1)
            self.delay = min(self.delay * 2, LONGEST_DELAY_SECONDS)
            self.retry_after = 0
            until = time.monotonic() + pause
            while (left := until - time.monotonic()) > 0:
                if select.select([sys.stdin], [], [], left)[0]:
                    self.obey()

    def chat(self):
        """One connection, from the connect to its end."""
        try:
            if self.token_refused:
                self.tokens.refresh()
                self.token_refused = False
            self.token_in_use = self.tokens.get()
            self.connection = Connection(self.url, self.token_in_use)
            self.send_again()
            while True:
                self.wait()
        except Closed as closed:
            report({"type": "closed", "code": closed.code})
            if closed.code in BUGS:
                raise Ended(f"closed with {closed.code}") from closed
            self.token_refused = closed.code == UNAUTHORIZED
            if self.token_refused and not self.tokens.api:
                raise Ended(f"closed with {closed.code}") from closed
        except Refused as refused:
            report({"type": "refused", "status": refused.status})
            self.token_refused = refused.status == UNAUTHORIZED_STATUS
            if self.token_refused and not self.tokens.api:
                raise Ended("HTTP 401") from refused
            if self.token_refused:
                return
            if refused.status < 500 and refused.status not in PASSING_STATUSES:
                self.delay = LONGEST_DELAY_SECONDS
            self.wait_for(refused.retry_after)
        except OSError as error:
            report({"type": "refused", "status": None, "error": str(error)})
        finally:
            if self.connection:
                self.connection.socket.close()
            self.connection = None

    def wait(self):
        connection = self.connection
        writing = [connection.socket] if connection.unsent else []
        readable, writable, _ = select.select([connection.socket, sys.stdin], writing, [], 1)
        if writable:
            connection.write()
        if connection.socket in readable:
            for frame in connection.read():
                self.take(frame)
        if sys.stdin in readable:
            self.obey()
        self.renew()
        if time.monotonic() - connection.opened_at > STEADY_SECONDS:
            self.delay = FIRST_DELAY_SECONDS
        if time.monotonic() - connection.heard_at > SILENCE_SECONDS:
            raise Closed()

    def obey(self):
        """Reads commands."""
        chunk = os.read(sys.stdin.fileno(), 65536)
        if not chunk:
            raise SystemExit(0)
        *lines, self.commands = (self.commands + chunk).split(b"\n")
        for command in map(json.loads, lines):
            room = command["room"]
            if command["do"] == "join":
                self.positions[room] = None
                self.unanswered.add(room)
                self.join(room)
            else:
                frame = {"type": "send", "room": room, "clientId": command["clientId"], "body": command["body"]}
                self.unacknowledged[room, command["clientId"]] = frame
                self.send(frame)

    def renew(self):
        """Offers a newer token, at most once a second."""
        if time.monotonic() < self.renew_after:
            return
        self.renew_after = time.monotonic() + 1
        try:
            token = self.tokens.get()
        except OSError:
            return
        if token != self.token_in_use:
            self.token_in_use = token
            self.send({"type": "renew", "token": token})

    def send(self, frame):
        if self.connection:
            self.connection.send(json.dumps(frame, ensure_ascii=False).encode())

    def join(self, room):
        position = self.positions[room]
        self.send({"type": "join", "room": room, **({"after": position} if position else {})})

    def send_again(self):
        self.unanswered = {*self.positions, *self.unacknowledged}
        for room in self.positions:
            self.join(room)
        for frame in self.unacknowledged.values():
            self.send(frame)

    def take(self, frame):
        report(frame)
        kind, room = frame["type"], frame.get("room")
        position = {"epoch": frame.get("epoch"), "seq": frame.get("seq")}
        if kind == "joined":
            self.answered(room)
            if self.positions.get(room) is None or frame.get("reset"):
                self.positions[room] = position
        elif kind in ("event", "skipped"):
            self.positions[room] = position
        elif kind == "removed":
            self.positions.pop(room, None)
            self.answered(room)
        elif kind == "ack":
            self.acknowledged(room, frame["clientId"])
        elif kind == "resume_needed":
            self.join(room)
        elif kind == "error" and frame["code"] == "unavailable":
            self.wait_for(str(frame.get("retryAfterSeconds", "")))
        elif kind == "error" and "clientId" in frame:
            self.acknowledged(room, frame["clientId"])
        elif kind == "error" and frame.get("request") == "join":
            self.positions.pop(room, None)
            self.answered(room)

    def acknowledged(self, room, client_id):
        self.unacknowledged.pop((room, client_id), None)
        self.answered((room, client_id))

    def answered(self, key):
        if key in self.unanswered:
            self.unanswered.remove(key)
            if not self.unanswered:
                self.delay = FIRST_DELAY_SECONDS

    def wait_for(self, seconds):
        if seconds.isdecimal():
            self.retry_after = min(int(seconds), MAX_RETRY_AFTER_SECONDS)


def report(frame):
    print(json.dumps(frame), flush=True)


try:
    Client(*sys.argv[1:]).run()
except Ended as ended:
    sys.exit(str(ended))
