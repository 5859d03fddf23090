"""What counts of an answer is its status; whatever follows it is bounded, and never makes it unreadable."""

import pytest

from app.webhooks.deliveries.answer_reader import BODY_BYTES_MAX, HEAD_BYTES_MAX, AnswerReader, NotAnAnswer


def read(octets, *, piece, ends=False):
    """Feed octets in pieces of this size until nothing more is wanted."""
    reader = AnswerReader()
    for start in range(0, len(octets), piece):
        reader.feed(octets[start : start + piece])
    if ends and not reader.is_complete:
        reader.feed_end()
    return reader


OK = b"HTTP/1.1 200 OK\r\n"
LENGTH_2 = b"Content-Length: 2\r\n"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"

COMPLETE = {
    "length": (OK + LENGTH_2 + b"\r\nab", b"ab", True),
    "no body": (OK + b"Content-Length: 0\r\n\r\n", b"", True),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", b"", True),
    "204 that says to close": (b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", b"", False),
    "304 with a length": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 90\r\n\r\n", b"", True),
    "chunks": (OK + CHUNKED + b"\r\n1\r\na\r\n1;x=y\r\nb\r\n0\r\n\r\n", b"ab", True),
    "chunks with a trailer": (OK + CHUNKED + b"\r\n2\r\nab\r\n0\r\nX-A: b\r\n\r\n", b"ab", True),
    "upper case hexadecimal": (OK + CHUNKED + b"\r\n0A\r\n0123456789\r\n0\r\n\r\n", b"0123456789", True),
    "a coding before the chunks": (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", b"a", True),
    "interim answers": (INTERIM + INTERIM + OK + LENGTH_2 + b"\r\nab", b"ab", True),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n" + LENGTH_2 + b"\r\nab", b"ab", False),
    "line feeds alone": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nab", b"ab", True),
    "no reason": (b"HTTP/1.1 200\r\n" + LENGTH_2 + b"\r\nab", b"ab", True),
    "an empty line first": (b"\r\n" + OK + LENGTH_2 + b"\r\nab", b"ab", True),
    "a reason in Latin-1": (b"HTTP/1.1 200 \xd6K\r\n" + LENGTH_2 + b"\r\nab", b"ab", True),
    "headers that are none": (OK + b"x\r\n: x\r\n folded\r\n\xff\x00: \x00\r\n" + LENGTH_2 + b"\r\nab", b"ab", True),
    "the same length twice": (OK + LENGTH_2 + LENGTH_2 + b"\r\nab", b"ab", True),
    "two lengths": (OK + LENGTH_2 + b"Content-Length: 3\r\n\r\n", b"", False),
    "a length that is none": (OK + b"Content-Length: two\r\n\r\n", b"", False),
    "an empty length": (OK + b"Content-Length:\r\n\r\n", b"", False),
    "a negative length": (OK + b"Content-Length: -1\r\n\r\n", b"", False),
    "length and chunks": (OK + b"Content-Length: 9\r\n" + CHUNKED + b"\r\n1\r\na\r\n0\r\n\r\n", b"a", False),
    "no chunk at all": (OK + CHUNKED + b"\r\nnonsense\r\n", b"", False),
    "a chunk without its end": (OK + CHUNKED + b"\r\n1\r\nabc\r\n", b"a", False),
    "an endless chunk size": (OK + CHUNKED + b"\r\n" + b"1" * 5_000, b"", False),
    "another protocol": (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"", False),
}  # fmt: skip


@pytest.mark.parametrize("piece", [1, 3, 1_000_000])
@pytest.mark.parametrize(("octets", "body", "is_reusable"), COMPLETE.values(), ids=COMPLETE)
def test_reads_an_answer_however_it_is_cut(octets, body, is_reusable, piece):
    reader = read(octets, piece=piece)
    assert reader.is_complete
    assert (bytes(reader.body), reader.is_reusable) == (body, is_reusable)
    assert reader.status in {200, 204, 304, 101}


@pytest.mark.parametrize("piece", [1, 1_000_000])
@pytest.mark.parametrize(
    ("octets", "body"),
    [
        (OK + b"\r\nab", b"ab"),
        (OK + b"Transfer-Encoding: gzip\r\n\r\nab", b"ab"),
        (OK + b"Content-Length: 9\r\n\r\nab", b"ab"),
        (OK + CHUNKED + b"\r\n9\r\nab", b"ab"),
        (OK + CHUNKED + b"\r\n", b""),
    ],
)
def test_takes_the_body_that_has_come_for_the_whole_one_at_the_end(octets, body, piece):
    reader = read(octets, piece=piece)
    assert not reader.is_complete
    reader.feed_end()
    assert (reader.status, bytes(reader.body), reader.is_complete, reader.is_reusable) == (200, body, True, False)


@pytest.mark.parametrize(
    "octets",
    [
        OK + LENGTH_2 + b"\r\nabc",
        b"HTTP/1.1 204 No Content\r\n\r\nabc",
        OK + CHUNKED + b"\r\n0\r\n\r\nabc",
    ],
)
def test_uses_no_connection_again_that_brought_more_than_it_announced(octets):
    reader = read(octets, piece=1_000_000)
    assert reader.is_complete
    assert not reader.is_reusable


@pytest.mark.parametrize("piece", [5, 65_536])
def test_reads_a_mebibyte_of_headers_and_no_more(piece):
    line = b"X-Long: " + b"x" * (HEAD_BYTES_MAX - len(OK) - len(LENGTH_2) - 12) + b"\r\n"
    octets = OK + LENGTH_2 + line + b"\r\nab"
    assert len(octets) - 2 == HEAD_BYTES_MAX
    if piece > 5:  # In small pieces only what is refused, to be quick.
        assert read(octets, piece=piece).is_complete
    with pytest.raises(NotAnAnswer, match="more than 1,048,576 bytes of headers"):
        read(OK + b"x" * HEAD_BYTES_MAX, piece=piece)
    with pytest.raises(NotAnAnswer, match="more than 1,048,576 bytes of headers"):
        read(OK + LENGTH_2 + b"y" + line + b"\r\nab", piece=65_536)


def test_reads_thousands_of_headers():
    octets = OK + b"".join(b"X-%d: y\r\n" % number for number in range(20_000)) + LENGTH_2 + b"\r\nab"
    reader = read(octets, piece=65_536)
    assert (reader.is_complete, reader.headers) == (True, [(b"content-length", b"2")])


def test_keeps_of_the_smallest_headers_none():
    octets = OK + b"a:\n" * 340_000 + LENGTH_2 + b"\r\nab"
    reader = read(octets, piece=65_536)
    assert (reader.is_complete, reader.body, len(reader.headers)) == (True, b"ab", 1)


@pytest.mark.parametrize("filler", [b"HTTP/1.1 102 Processing\r\n\r\n", b"\r\n"])
def test_ends_endless_interim_answers(filler):
    with pytest.raises(NotAnAnswer, match="more than 1,048,576 bytes of headers"):
        read(filler * (HEAD_BYTES_MAX // len(filler) + 2), piece=65_536)


def test_keeps_64_kib_of_a_body():
    for octets in (
        OK + b"Content-Length: 900000\r\n\r\n" + b"x" * 100_000,
        OK + b"\r\n" + b"x" * 100_000,
        OK + CHUNKED + b"\r\nFFFFF\r\n" + b"x" * 100_000,
        OK + CHUNKED + b"\r\n" + b"3\r\nxxx\r\n" * 50_000,
    ):
        reader = read(octets, piece=10_000)
        assert (len(reader.body), reader.is_complete, reader.is_reusable) == (BODY_BYTES_MAX, True, False)


@pytest.mark.parametrize(
    "octets",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"<html>",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1200 OK\r\n\r\n",
        b"HTTP/ 200 OK\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
    ],
)
@pytest.mark.parametrize("piece", [1, 1_000])
def test_knows_what_is_no_answer(octets, piece):
    with pytest.raises(NotAnAnswer, match="what came back is no HTTP answer"):
        read(octets, piece=piece)


def test_reads_the_same_bytes_anew_for_each_request():
    octets = OK + LENGTH_2 + b"\r\nab"
    first, second = read(octets, piece=len(octets)), read(octets, piece=len(octets))
    first.body += b"c"
    third = read(octets, piece=len(octets))
    assert [bytes(reader.body) for reader in (first, second, third)] == [b"abc", b"ab", b"ab"]
    assert [reader.is_complete and reader.is_reusable for reader in (first, second, third)] == [True] * 3
    third.feed(b"x")  # More than was announced.
    assert not third.is_reusable
