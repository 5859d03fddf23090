"""An answer over HTTP, handed straight to the ASGI server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import lru_cache
from typing import Any

from starlette.types import Receive, Scope, Send

from app.api.encoding import encode_json
from app.api.http_request import RawHeader

PREFLIGHT_SECONDS = 600
REQUEST_HEADERS = ("authorization", "content-type", "accept", "x-request-id")
RETRY_AFTER_SECONDS = 1

_OF_STATUS: dict[int, RawHeader] = {
    401: (b"www-authenticate", b"API-Key"),
    503: (b"retry-after", b"%d" % RETRY_AFTER_SECONDS),
}
"""Headers that go with a status."""


class Response:
    """A small ASGI application that sends one body, without starlette's cost of building headers."""

    __slots__ = ("_body", "raw_headers", "status_code")

    def __init__(self, status: int, body: bytes, headers: list[RawHeader]) -> None:
        self.status_code = status
        self._body = body
        self.raw_headers = headers

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._body})


class StreamedResponse:
    """A document that is sent piece by piece, as fast as the client takes it."""

    __slots__ = ("_pieces", "raw_headers", "status_code")

    def __init__(
        self, pieces: AsyncIterator[bytes], media_type: str, file_name: str, headers: Sequence[RawHeader] = ()
    ) -> None:
        self.status_code = 200
        self._pieces = pieces
        disposition = f'attachment; filename="{file_name}"'.encode("ascii")
        self.raw_headers = [_content_type(media_type), (b"content-disposition", disposition), *headers]

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; end early where the client went away."""
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for piece in self._pieces:
                if gone.done():
                    return
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            close = getattr(self._pieces, "aclose", None)
            if close is not None:
                await close()


async def _until_gone(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def json_response(status: int, body: Any, media_type: str) -> Response:
    """A JSON body of this type."""
    encoded = encode_json(body)
    headers = [(b"content-length", b"%d" % len(encoded)), _content_type(media_type)]
    if status in _OF_STATUS:
        headers.append(_OF_STATUS[status])
    return Response(status, encoded, headers)


def preflight_response(methods: str, further_headers: Sequence[str]) -> Response:
    """The answer to a browser's preflight request; `methods` is like `GET, POST`."""
    allowed = ", ".join((*REQUEST_HEADERS, *further_headers)).encode("ascii")
    return Response(
        204,
        b"",
        [
            (b"access-control-allow-methods", methods.encode("ascii")),
            (b"access-control-allow-headers", allowed),
            (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
        ],
    )


def shared_headers(request_id: str, shared_with: str | None) -> list[RawHeader]:
    """Headers of every answer: its request id, and permission for pages of the allowed origin to read it."""
    headers = [(b"x-request-id", request_id.encode("latin-1")), (b"vary", b"Origin, Accept")]
    if shared_with is not None:
        headers += (
            (b"access-control-allow-origin", shared_with.encode("latin-1")),
            (b"access-control-expose-headers", b"X-Request-Id"),
        )
    return headers


@lru_cache(maxsize=8)
def _content_type(media_type: str) -> RawHeader:
    charset = "" if media_type == "application/pdf" else "; charset=utf-8"
    return (b"content-type", f"{media_type}{charset}".encode())
