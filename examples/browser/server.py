"""The server behind a page on which one holder sees their own balance live.

    QUAESTOR_ALLOWED_ORIGINS=http://127.0.0.1:9100 quaestor dev
    QUAESTOR_API_KEY=$(cat .quaestor/api-key) HOLDER_ID=… python examples/browser/server.py 9100

The API key stays here. The page gets access tokens, each good for a few minutes and for this holder alone. In a program
of your own, whose token it is comes from your own sign-in, not from a variable.
"""

import json
import os
import sys
import urllib.request
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

API = os.environ.get("QUAESTOR_URL", "http://127.0.0.1:8000").rstrip("/")
KEY = os.environ["QUAESTOR_API_KEY"]
HOLDER_ID = os.environ["HOLDER_ID"]
SECONDS = int(os.environ.get("TOKEN_SECONDS", "900"))
SCOPES = ["ledgers:read"]
FOLDER = Path(__file__).parent
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; "
    f"form-action 'none'; connect-src 'self' {API} {API.replace('http', 'ws', 1)}"
)
CREATE = """mutation ($input: CreateAccessTokenInput!) { createAccessToken(input: $input) {
    ... on AccessTokenSuccess { token expiresAt }
    ... on Error { code message }
} }"""


def new_token() -> dict[str, str]:
    """A token of the holder, as the API makes it, or its refusal (`code`, `message`)."""
    wanted = {"holderId": HOLDER_ID, "scopes": SCOPES, "expiresInSeconds": SECONDS}
    request = urllib.request.Request(  # noqa: S310 - the address is ours
        f"{API}/graphql",
        json.dumps({"query": CREATE, "variables": {"input": wanted}}).encode(),
        {"Content-Type": "application/json", "Authorization": f"API-Key {KEY}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)["data"]["createAccessToken"]


class Page(BaseHTTPRequestHandler):
    """The page's files, and `POST /token` for whoever is signed in."""

    def do_GET(self) -> None:
        """Answer a file of the page."""
        if self.path not in FILES:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        name, kind = FILES[self.path]
        self.answer(HTTPStatus.OK, kind, (FOLDER / name).read_bytes())

    def do_POST(self) -> None:
        """Answer a new token. Here your own session says who asks; only pages of this server may."""
        if self.path != "/token" or self.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        made = new_token()
        told = {"api": API, "token": made["token"], "expiresAt": made["expiresAt"]} if "token" in made else made
        status = HTTPStatus.OK if "token" in made else HTTPStatus.BAD_GATEWAY
        self.answer(status, "application/json", json.dumps(told).encode())

    def answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", POLICY),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Page)
    print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
