from app.api.http_request import read_headers


def test_takes_several_lines_of_accept_as_one_list():
    lines = [(b"accept", b"text/html"), (b"host", b"one"), (b"accept", b"text/event-stream"), (b"host", b"two")]
    assert read_headers(lines) == {"accept": "text/html,text/event-stream", "host": "one"}
