"""A grammar of answers, right, wrong and hostile, and a receiver that plays them."""

import asyncio
import contextlib
import gzip
import re
import socket
import struct
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.tcp_server import serving

FLOOD_BYTES = 2**30
AT_ONCE = struct.pack("ii", 1, 0)
"""How long a closed connection lingers: not at all, so that it is reset."""
PIECE = b"x" * 65_536
BOMB = gzip.compress(b"\x00" * 10_000_000)
NO_ANSWER = "status: what came back is no HTTP answer"
TOO_LONG = "status: the answer has more than 1,048,576 bytes of headers"


@dataclass(frozen=True)
class Script:
    """What a receiver does once it has a request: it writes `first`, then `flood` again and again up to a gigabyte, and
    ends the connection by `ending`. Of it, an attempt is recorded with `status` and `error`; None is success.
    """

    first: bytes
    flood: bytes
    ending: str
    status: int | None
    error: str | None


TIMEOUT = "timeout: no complete answer within 1 s"
STATUSES = st.sampled_from([200, 201, 202, 204, 299, 304, 301, 400, 404, 429, 451, 500, 503, 599, 999])
REASONS = st.sampled_from([b"", b" OK", b" \xff\xfe", b" D\xe9j\xe0 vu", b" \x00\x00"])
ODD_HEADERS = st.lists(
    st.sampled_from(
        [
            *(b"X-Nul: \x00\x00", b"no header at all", b": empty", b"X-\xff\xfe: \xc3\x28", b"Retry-After: never"),
            *(b"Content-Encoding: gzip", b"Location: http://[::1", b"Retry-After: -1", b"Set-Cookie: =;;="),
            *(b"X-Long: " + b"x" * 70_000, b" folded", b"Connection: keep-alive", b"Date: \x80"),
        ]
    ),
    max_size=6,
)
TEXTS = st.sampled_from([b"", b"thanks", b"\x00" * 500, b"\xff\xfe\xc3\x28", "Zoë".encode(), BOMB, b"x" * 5_000])
ENDINGS = st.sampled_from(["close", "reset", "hang"])


@st.composite
def answers(draw):
    """An answer with a status line and headers, and any sort of body."""
    status, ending = draw(STATUSES), draw(ENDINGS)
    lines = [b"HTTP/1.1 %d%b" % (status, draw(REASONS)), *draw(ODD_HEADERS)]
    text, flood = draw(TEXTS), b""
    framing = draw(st.sampled_from(["right", "too long", "none", "chunked", "half a chunk", "no chunk", "endless"]))
    has_body = status not in {204, 304}
    # Whether the reader knows that it has all, or all that it keeps, though the connection stays open.
    is_complete = not has_body
    match framing:
        case "right":
            lines.append(b"Content-Length: %d" % len(text))
            is_complete = True
        case "too long":
            lines.append(b"Content-Length: %d" % (len(text) + 10**12))
        case "chunked":
            lines.append(b"Transfer-Encoding: chunked")
            text = b"%x\r\n%b\r\n0\r\n\r\n" % (len(text), text) if text else b"0\r\n\r\n"
            is_complete = True
        case "half a chunk":
            lines.append(b"Transfer-Encoding: chunked")
            text = b"fffffff\r\n" + text
        case "no chunk":
            lines.append(b"Transfer-Encoding: chunked")
            text = b"no chunk\r\n"
            is_complete = True
        case "endless":
            flood = PIECE
            is_complete = True
    error = None if 200 <= status < 300 else f"status: the receiver answered {status}"
    if ending == "hang" and not is_complete:
        error = TIMEOUT
    return Script(b"\r\n".join([*lines, b"", text]), flood, ending, status, error)


@st.composite
def half_answers(draw):
    """What ends, or goes on for ever, before the headers are whole."""
    first = draw(st.sampled_from([b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\nX-Half", b"HTTP/1.1 200 OK\r\n"]))
    ending = draw(ENDINGS)
    if ending == "hang":
        error = TIMEOUT
    elif first:
        error = "status: the connection was closed in the middle of the answer's headers"
    else:
        error = f"status: the receiver {'closed' if ending == 'close' else 'reset'} the connection without an answer"
    return Script(first, b"", ending, None, error)


@st.composite
def other_protocols(draw):
    """What is no HTTP/1 answer from its first octets on."""
    first = draw(
        st.sampled_from(
            [
                b"\x15\x03\x03\x00\x02\x02\x28",  # An alert of TLS.
                b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00" * 18,  # Settings of HTTP/2.
                *(
                    b"SSH-2.0-OpenSSH_9.9\r\n",
                    b"\x00" * 50,
                    b"\xff\xfe\xfd",
                    b"HTTP/two 200 OK\r\n\r\n",
                    b"thanks\r\n\r\n",
                ),
            ]
        )
    )
    return Script(first, draw(st.sampled_from([b"", PIECE])), draw(ENDINGS), None, NO_ANSWER)


ENDLESS_HEADERS = st.builds(
    lambda flood, ending: Script(b"HTTP/1.1 200 OK\r\n", flood, ending, None, TOO_LONG),
    st.sampled_from([b"X-Again: and again\r\n" * 1_000, b"x" * 65_536]),
    ENDINGS,
)
SCRIPTS = st.one_of(answers(), answers(), half_answers(), other_protocols(), ENDLESS_HEADERS)


class Hostile:
    """Plays `script` on each connection, once it has a whole request. `written` counts the bytes that it got rid of."""

    def __init__(self):
        self.script = None
        self.requests = 0
        self.written = 0
        self.url = ""

    async def _talk(self, reader, writer):
        script = self.script
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1]))
        self.requests += 1
        writer.write(script.first)
        await writer.drain()
        while script.flood and self.written < FLOOD_BYTES:
            writer.write(script.flood)
            await writer.drain()
            self.written += len(script.flood)
        if script.ending == "reset":
            await asyncio.sleep(0.05)  # A reset may overtake what was written before it.
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            writer.transport.abort()
        elif script.ending == "hang":
            await reader.read()  # Until the other side has had enough.

    @contextlib.asynccontextmanager
    async def listening(self):
        async with serving(self._talk) as port:
            self.url = f"http://127.0.0.1:{port}/hooks"
            yield self
