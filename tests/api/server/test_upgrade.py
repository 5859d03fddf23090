"""A request that proposes another protocol than a WebSocket is read as if it did not (RFC 9110, 7.8)."""

import json

import pytest

H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n"


def post(body, headers=H2C, path=b"/first"):
    head = b"POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n%s\r\n" % (path, len(body), headers)
    return head, body


def chunked(*parts, headers=H2C):
    head = b"POST /first HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n%s\r\n" % headers
    return head, b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def asked(served):
    return [(method, path, body) for method, path, body, _ in served.application.asked]


@pytest.mark.parametrize("upgrade", [b"h2c", b"TLS/1.3", b"h2c, websocket", b"WebSocket2"])
@pytest.mark.parametrize("make", [post, chunked])
@pytest.mark.parametrize("apart", [False, True])
def test_reads_the_body_of_a_request_that_proposes_another_protocol(serve, upgrade, make, apart):
    served = serve()
    headers = b"Connection: keep-alive, upgrade\r\nUpgrade: %s\r\n" % upgrade
    head, body = make(HIDDEN, headers=headers)
    answer = served.ask(head, body, LAST) if apart else served.ask(head + body + LAST)
    assert asked(served) == [("POST", "/first", HIDDEN), ("GET", "/last", b"")]
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert json.dumps(["POST", "/first", len(HIDDEN)]).encode() in answer


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.thorough)])
def test_takes_nothing_of_a_body_for_a_request_wherever_it_is_cut(serve, step):
    served = serve()
    whole = b"".join(post(HIDDEN))
    cuts = range(1, len(whole), step)
    for cut in cuts:
        answer = served.ask(whole[:cut], whole[cut:] + LAST)
        assert answer.count(b"HTTP/1.1 200 OK") == 2, (cut, answer)
    assert {request[:2] for request in asked(served)} == {("POST", "/first"), ("GET", "/last")}
    assert len(asked(served)) == 2 * len(cuts) > 0


def test_goes_on_with_the_requests_after_it(serve):
    served = serve()
    answer = served.ask(b"".join(post(b"one") + post(b"two", headers=b"") + post(b"three")) + LAST)
    assert asked(served) == [("POST", "/first", body) for body in (b"one", b"two", b"three")] + [("GET", "/last", b"")]
    assert answer.count(b"HTTP/1.1 200 OK") == 4


def test_hides_the_proposal_from_the_application(serve):
    served = serve()
    served.ask(*post(b"body", headers=H2C + b"Accept: */*\r\n"), LAST)
    [(_, _, _, names), _] = served.application.asked
    assert names == ["host", "content-length", "connection", "http2-settings", "accept"]


def test_counts_the_limits_of_a_head_once(serve):
    served = serve()
    headers = H2C + b"".join(b"X-%d: %s\r\n" % (n, b"v" * 300) for n in range(90))
    assert b"200 OK" in served.ask(*post(b"body", headers=headers), LAST)


def test_refuses_a_tunnel(serve):
    served = serve()
    answer = served.ask(b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n" + HIDDEN)
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert served.application.asked == []


def test_reads_a_post_that_proposes_a_websocket_as_a_post(serve):
    served = serve()
    served.ask(*post(b"body", headers=b"Connection: Upgrade\r\nUpgrade: websocket\r\n"), LAST)
    assert asked(served) == [("POST", "/first", b"body"), ("GET", "/last", b"")]
