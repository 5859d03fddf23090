"""A receiver that accepted a message has accepted it, however oddly it says so; each attempt names the right stage."""

import asyncio
import contextlib

import pytest

from app.webhooks.deliveries.answer_reader import HEAD_BYTES_MAX
from app.webhooks.deliveries.send_request import FaultOfOurs, Sender
from app.webhooks.egress import EgressRules
from tests.webhooks.conftest import EGRESS
from tests.webhooks.raw_receiver import RawReceiver

OK = b"HTTP/1.1 200 OK\r\n"
EMPTY = b"Content-Length: 0\r\n\r\n"


@contextlib.asynccontextmanager
async def sending(*, deadline_seconds=60):
    sender = Sender(EGRESS, deadline_seconds=deadline_seconds)
    try:
        yield sender
    finally:
        await sender.close()


async def answer_to(receiver, *, deadline_seconds=60):
    async with receiver.listening(), sending(deadline_seconds=deadline_seconds) as sender, asyncio.timeout(60):
        answer = await sender.send("e", receiver.url, {}, b"{}")
    assert len(receiver.requests) == 1
    return answer


ACCEPTED = {
    "one header of 64 kB": [OK + b"X-Long: " + b"x" * 65_536 + b"\r\n" + EMPTY],
    "300 header lines": [OK + b"".join(b"X-%d: y\r\n" % number for number in range(300)) + EMPTY],
    "almost a mebibyte of headers": [OK + b"X-Long: " + b"x" * (HEAD_BYTES_MAX - 100) + b"\r\n" + EMPTY],
    "a reason in Latin-1": [b"HTTP/1.1 200 D\xe9j\xe0 vu\r\n" + EMPTY],
    "a reason in UTF-8": ["HTTP/1.1 202 Später\r\n".encode() + EMPTY],
    "no reason": [b"HTTP/1.1 200\r\n" + EMPTY],
    "a body after 204": [b"HTTP/1.1 204 No Content\r\n\r\nthanks"],
    "a body after 204, later": [b"HTTP/1.1 204 No Content\r\n\r\n", b"thanks"],
    "a body longer than Content-Length": [OK + b"Content-Length: 2\r\n\r\nthanks"],
    "a body longer than Content-Length, later": [OK + b"Content-Length: 2\r\n\r\nth", b"anks"],
    "a body shorter than Content-Length": [OK + b"Content-Length: 900\r\n\r\nthanks"],
    "two lengths": [OK + b"Content-Length: 2\r\nContent-Length: 6\r\n\r\nthanks"],
    "a length that is none": [OK + b"Content-Length: six\r\n\r\nthanks"],
    "no length": [OK + b"\r\nthanks"],
    "HTTP/1.0": [b"HTTP/1.0 200 OK\r\n\r\nthanks"],
    "no chunk where one should be": [OK + b"Transfer-Encoding: chunked\r\n\r\nthanks\r\n"],
    "chunks that never end": [OK + b"Transfer-Encoding: chunked\r\n\r\n6\r\nthanks\r\n"],
    "headers that are none": [OK + b"no header\r\n: empty\r\nX Y: z\r\nX-Nul: \x00\r\nX-\xff: \xff\r\n" + EMPTY],
    "a strange Location": [b"HTTP/1.1 201 Created\r\nLocation: http://[::1\r\n" + EMPTY],
    "interim answers": [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n", OK + EMPTY],
    "one byte at a time": [bytes([octet]) for octet in OK + EMPTY],
    "a compressed body that is none": [OK + b"Content-Encoding: gzip\r\nContent-Length: 6\r\n\r\nthanks"],
    "a cookie that is none": [OK + b"Set-Cookie: =;;=\r\n" + EMPTY],
}


@pytest.mark.parametrize("pieces", ACCEPTED.values(), ids=ACCEPTED)
async def test_takes_2xx_for_success_however_it_is_said(pieces):
    answer = await answer_to(RawReceiver(*pieces))
    assert (answer.is_success, answer.error) == (True, None)
    assert answer.status in {200, 201, 202, 204}


REFUSED = {
    "a mebibyte of headers": (
        [OK + b"X-Long: " + b"x" * HEAD_BYTES_MAX + b"\r\n" + EMPTY],
        "status: the answer has more than 1,048,576 bytes of headers",
    ),
    "endless interim answers": (
        [b"HTTP/1.1 102 Processing\r\n\r\n" * 45_000],
        "status: the answer has more than 1,048,576 bytes of headers",
    ),
    "another protocol": (
        [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"],
        "status: the receiver answered 101",
    ),
    "a status beyond all": ([b"HTTP/1.1 999 Whatever\r\n" + EMPTY], "status: the receiver answered 999"),
    "no HTTP": ([b"SSH-2.0-OpenSSH_9.9\r\n\r\n"], "status: what came back is no HTTP answer"),
    "the body alone": ([b"thanks"], "status: what came back is no HTTP answer"),
    "half of the headers": (
        [OK + b"X-Half"],
        "status: the connection was closed in the middle of the answer's headers",
    ),
    "nothing at all": ([], "status: the receiver closed the connection without an answer"),
    "a failure that is garbled": (
        [b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"],
        "status: the receiver answered 500",
    ),
}


@pytest.mark.parametrize(("pieces", "error"), REFUSED.values(), ids=REFUSED)
async def test_names_the_stage_of_any_other_answer(pieces, error):
    answer = await answer_to(RawReceiver(*pieces))
    assert (answer.is_success, answer.error) == (False, error)


@pytest.mark.parametrize(
    "location", [b"mailto:x", b"http://256.1.1.1/", b"http://[::1", b"\xff\xfe", b"", b"//", b"x" * 70_000]
)
async def test_takes_3xx_for_failure_whatever_its_location_is(location):
    receiver = RawReceiver(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\n" + EMPTY)
    answer = await answer_to(receiver)
    assert (answer.status, answer.error) == (302, "status: the receiver answered 302")


async def test_keeps_the_status_of_an_answer_that_does_not_end_in_time():
    answer = await answer_to(RawReceiver(OK + b"Content-Length: 9\r\n\r\nth", closes=False), deadline_seconds=4)
    assert (answer.status, answer.error) == (200, "timeout: no complete answer within 4 s")
    assert not answer.is_success


async def test_uses_a_connection_again_only_after_an_answer_in_form():
    kept, closed = RawReceiver(OK + EMPTY, closes=False), RawReceiver(b"HTTP/1.1 204 \r\n\r\nx", closes=False)
    for receiver, connections in ((kept, 1), (closed, 3)):
        async with receiver.listening(), sending() as sender:
            for _ in range(3):
                assert (await sender.send("e", receiver.url, {}, b"{}")).is_success
            assert (len(receiver.requests), receiver.connections) == (3, connections)


@pytest.mark.parametrize("second", [b"", b"thanks"], ids=["closed", "stray bytes"])
async def test_keeps_no_connection_to_a_receiver_that_does_not_either(second):
    """It answers the first request of each connection in form, and never the second."""
    connections = []

    async def talk(reader, writer):
        connections.append(1)
        for answer in (OK + EMPTY, second):
            with contextlib.suppress(asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n{}")
                writer.write(answer)
        writer.close()

    receiver = RawReceiver()
    receiver._talk = talk
    async with receiver.listening(), sending() as sender:
        answers = [await sender.send("e", receiver.url, {}, b"{}") for _ in range(5)]
    assert [answer.is_success for answer in answers] == [True, False, True, True, True]
    assert len(connections) == 4


TARGETS = [
    "/hooks?sp=%2Fa&u=https%3A%2F%2Fx", "/hook?", "/a/../b/./c", "/a//b", "/%7euser/%3F?a=%20+b", "/a?b?c=[d]", "?a=b",
    "", '/"<>^`{|}', "/%zz",
]  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
async def test_sends_the_url_with_the_octets_it_was_given(target):
    receiver = RawReceiver(OK + EMPTY)
    async with receiver.listening(), sending() as sender:
        origin = receiver.url.removesuffix("/hooks")
        assert (await sender.send("e", origin + target, {}, b"{}")).is_success
    sent = target if target.startswith("/") else f"/{target}"
    [request] = receiver.requests
    assert request.startswith(f"POST {sent} HTTP/1.1\r\n".encode())
    assert f"\r\nhost: {origin.removeprefix('http://')}\r\n".encode() in request.lower()
    assert request.endswith(b"\r\n\r\n{}")


async def test_goes_where_the_endpoint_goes_now():
    old, new = RawReceiver(OK + EMPTY, closes=False), RawReceiver(OK + EMPTY, closes=False)
    async with old.listening(), new.listening(), sending() as sender:
        for receiver in (old, new):
            assert (await sender.send("e", receiver.url, {}, b"{}")).is_success
    assert (len(old.requests), len(new.requests)) == (1, 1)


async def test_refuses_plain_http_where_it_is_not_allowed_any_more():
    receiver = RawReceiver(OK + EMPTY)
    async with receiver.listening():
        sender = Sender(EgressRules(allows_http=False, allowed_networks=EGRESS.allowed_networks, allowed_ports=()))
        with pytest.raises(FaultOfOurs, match="settings forbid what others allowed: Plain http is not allowed here"):
            await sender.send("e", receiver.url, {}, b"{}")
        await sender.close()
    assert receiver.requests == []
