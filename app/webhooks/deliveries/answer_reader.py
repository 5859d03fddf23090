"""Read an HTTP/1 answer: bounded in size, but tolerant, since the receiver has done its work.

Only the status counts. After the status line, only more than a mebibyte of headers makes an answer unreadable. Odd
headers or an odd body just keep the connection from being used again. Public parsers are stricter: they refuse long or
odd headers, a body after 204, and a body longer than announced.
"""

import functools
import re
from collections.abc import Callable

HEAD_BYTES_MAX = 1_048_576
BODY_BYTES_MAX = 65_536
CHUNK_LINE_BYTES_MAX = 4_096
WHOLE_BYTES_MAX = 1_024
WHOLE_KEPT_MAX = 256
"""How many whole answers are remembered, each at most so long."""
BEGINNING = b"HTTP/"
NO_ANSWER = "what came back is no HTTP answer"
NO_BODY = {204, 304}
SWITCHED = 101
INFORMATIONAL = range(100, 200)

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/([0-9])(?:\.([0-9]))?[ \t]+([0-9]{3})(?![^ \t\r\n])")
_DIGITS = re.compile(rb"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
_LINE_END = re.compile(rb"\r?\n")
# No others are looked at: a mebibyte may hold hundreds of thousands.
_HEADER = re.compile(rb"\n(content-length|transfer-encoding|connection|retry-after)[ \t]*:([^\n]*)", re.IGNORECASE)


class NotAnAnswer(Exception):
    """The bytes are no HTTP answer. The message says why."""


class AnswerReader:
    """Takes the bytes of one answer as they come.

    `status` and `headers` (those that matter: name in lower case, value) are set once the whole head has come; `body`
    holds at most `BODY_BYTES_MAX` bytes. When `is_complete` is set, `is_reusable` says whether the connection can carry
    another request.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.is_complete = False
        self.is_reusable = False
        self._buffer = bytearray()
        self._searched = 0
        self._head_bytes = 0
        self._remaining = 0
        self._may_be_kept = False
        # Not a bound method: a reader that holds itself would wait for the collector of garbage.
        self._read: Callable[[AnswerReader], bool] = AnswerReader._read_head

    @property
    def has_begun(self) -> bool:
        """Whether any byte of the answer has come."""
        return bool(self._head_bytes or self._buffer)

    def feed(self, data: bytes) -> None:
        """Take more bytes.

        :raises NotAnAnswer: it does not begin like an HTTP answer, or its headers are longer than `HEAD_BYTES_MAX`.
        """
        if not self.has_begun and len(data) <= WHOLE_BYTES_MAX and (whole := _whole(bytes(data))) is not None:
            self._head_bytes = len(data)
            self.status, self.headers, self.is_reusable = whole.status, whole.headers, whole.is_reusable
            self.body += whole.body
            self.is_complete = True
        else:
            self._take(data)

    def _take(self, data: bytes) -> None:
        self._buffer += data
        while not self.is_complete and self._read(self):
            pass
        if self.is_complete and self._buffer:
            self.is_reusable = False  # More than was announced.

    def feed_end(self) -> None:
        """No more bytes will come: the body is what has come so far."""
        self._complete(is_reusable=False)

    def _complete(self, *, is_reusable: bool) -> bool:
        self.is_complete = True
        self.is_reusable = is_reusable
        return False

    def _read_head(self) -> bool:
        while self._buffer.startswith((b"\r", b"\n")):
            del self._buffer[:1]
            self._head_bytes += 1
        if not self._buffer.startswith(BEGINNING[: len(self._buffer)]):
            raise NotAnAnswer(NO_ANSWER)
        end = _END_OF_HEAD.search(self._buffer, self._searched)
        # Interim answers count too, or they could go on for ever.
        if self._head_bytes + (end.end() if end else len(self._buffer)) > HEAD_BYTES_MAX:
            raise NotAnAnswer(f"the answer has more than {HEAD_BYTES_MAX:,} bytes of headers")
        if end is None:
            self._searched = max(len(self._buffer) - 3, 0)
            return False
        head = bytes(self._buffer[: end.start()])
        del self._buffer[: end.end()]
        self._head_bytes += end.end()
        self._searched = 0
        return self._take_head(head)

    def _take_head(self, head: bytes) -> bool:
        found = _STATUS_LINE.match(head)
        if found is None:
            raise NotAnAnswer(NO_ANSWER)
        status = int(found[3])
        if status in INFORMATIONAL and status != SWITCHED:
            return True  # The answer itself is still to come.
        self.status = status
        self.headers = [(name.lower(), value.strip()) for name, value in _HEADER.findall(head)]
        return self._begin_body(is_http_1_1=(found[1], found[2]) == (b"1", b"1"))

    def _begin_body(self, *, is_http_1_1: bool) -> bool:
        framing: dict[bytes, list[bytes]] = {b"content-length": [], b"transfer-encoding": [], b"connection": []}
        for name, value in self.headers:
            if name in framing:
                framing[name].append(value)
        lengths = {length.strip() for value in framing[b"content-length"] for length in value.split(b",")}
        codings = b",".join(framing[b"transfer-encoding"]).lower()
        says_close = b"close" in b",".join(framing[b"connection"]).lower()
        self._may_be_kept = is_http_1_1 and not says_close and not (codings and lengths)
        if self.status in NO_BODY:
            return self._complete(is_reusable=self._may_be_kept and not codings)
        if self.status == SWITCHED:
            return self._complete(is_reusable=False)
        if codings.endswith(b"chunked"):
            self._read = AnswerReader._read_chunk_line
            return True
        if not lengths:
            self._read = AnswerReader._read_until_end
            return True
        length = lengths.pop()
        if lengths or not _DIGITS.fullmatch(length):
            # The length of the body is unknown, so what has come is taken.
            self._take_body(len(self._buffer))
            return self._complete(is_reusable=False)
        self._remaining = int(length)
        self._read = AnswerReader._read_length
        return True

    def _read_length(self) -> bool:
        self._remaining -= self._take_body(self._remaining)
        if self._remaining == 0:
            return self._complete(is_reusable=self._may_be_kept)
        return self._stop_when_full()

    def _read_until_end(self) -> bool:
        self._take_body(len(self._buffer))
        return self._stop_when_full()

    def _read_chunk_line(self) -> bool:
        line = self._line()
        if line is None:
            return False
        found = _CHUNK_SIZE.fullmatch(line)
        if found is None:
            return self._complete(is_reusable=False)
        self._remaining = int(found[1], 16)
        self._read = AnswerReader._read_chunk if self._remaining else AnswerReader._read_trailer
        return True

    def _read_chunk(self) -> bool:
        self._remaining -= self._take_body(self._remaining)
        if self._remaining or len(self.body) >= BODY_BYTES_MAX:
            return self._stop_when_full()
        self._read = AnswerReader._read_chunk_end
        return True

    def _read_chunk_end(self) -> bool:
        line = self._line()
        if line is None:
            return False
        if line:
            return self._complete(is_reusable=False)
        self._read = AnswerReader._read_chunk_line
        return True

    def _read_trailer(self) -> bool:
        line = self._line()
        if line is None:
            return False
        if not line:
            return self._complete(is_reusable=self._may_be_kept)
        # Bounded by the limit of the head.
        self._head_bytes += len(line)
        return self._head_bytes <= HEAD_BYTES_MAX or self._complete(is_reusable=False)

    def _line(self) -> bytes | None:
        """The next line without its end; None if it has not come yet. A line without end ends the answer."""
        end = _LINE_END.search(self._buffer)
        if end is None:
            if len(self._buffer) > CHUNK_LINE_BYTES_MAX:
                self._complete(is_reusable=False)
            return None
        line = bytes(self._buffer[: end.start()])
        del self._buffer[: end.end()]
        return line

    def _take_body(self, count: int) -> int:
        """Move up to `count` bytes to the body; bytes beyond its limit are dropped."""
        taken = min(count, len(self._buffer))
        self.body += self._buffer[: min(taken, BODY_BYTES_MAX - len(self.body))]
        del self._buffer[:taken]
        return taken

    def _stop_when_full(self) -> bool:
        if len(self.body) >= BODY_BYTES_MAX:
            return self._complete(is_reusable=False)
        return False


@functools.lru_cache(maxsize=WHOLE_KEPT_MAX)
def _whole(data: bytes) -> AnswerReader | None:
    """What these bytes are as a whole answer; None if more has to come. Remembered, since receivers answer many
    requests with the same bytes.

    :raises NotAnAnswer: they are none.
    """
    reader = AnswerReader()
    reader._take(data)  # noqa: SLF001 - one thing
    return reader if reader.is_complete else None
