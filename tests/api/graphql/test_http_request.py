import pytest

from app.api.graphql.http_request import accepted_type, accepts_stream

JSON = "application/json"
NEW = "application/graphql-response+json"
STREAM = "text/event-stream"


@pytest.mark.parametrize(
    ("accept", "answered", "streams"),
    [
        ("*/*", JSON, False),
        ("application/*", JSON, False),
        ("text/*", STREAM, True),
        (STREAM, STREAM, True),
        (f"{JSON}, {STREAM}", JSON, True),
        (f"{STREAM}, {JSON}", STREAM, True),
        (f"{NEW}, application/graphql+json, {JSON}, {STREAM}, multipart/mixed", NEW, True),
        (f"{STREAM};q=0.1, {JSON};q=0.5", JSON, True),
        (f"{STREAM};q=0, {JSON}", JSON, False),
        (f"{STREAM};q=0", None, False),
        (f"*/*, {JSON};q=0", NEW, False),
        (f"*/*, {JSON};q=0, {NEW};q=0.0", STREAM, False),
        (f"*/*, {STREAM};q=0", JSON, False),
        (f"application/*;q=0, {NEW}", NEW, False),
        (f"{JSON};q=none, {NEW};q=0.1", NEW, False),
        (f"{JSON}; charset=utf-8; q=0.2 , {NEW} ; q=0.3", NEW, False),
        (f"TEXT/Event-Stream, {JSON};Q=0", STREAM, True),
        ("text/html", None, False),
        ("", None, False),
    ],
)
def test_negotiates_as_http_says(accept, answered, streams):
    assert accepted_type(accept) == answered
    assert accepts_stream(accept) is streams
