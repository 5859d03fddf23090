"""A webhook receiver: it verifies each message, and does its work once however often the message comes.

    pip install standardwebhooks
    WEBHOOK_SECRET=whsec_… python examples/receiver.py 9000

The secret is the one that `createWebhookEndpoint` answered. The port is an argument; 0 takes a free one.
"""

import json
import os
import sqlite3
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

BODY_BYTES_MAX = 1_000_000
SEEN_FILE = os.environ.get("SEEN_FILE", "seen-webhooks.sqlite")


def do_your_work(message: dict[str, Any]) -> None:
    """Put your own code here."""
    print(f"{message['type']} {json.dumps(message.get('data', message.get('resource')))}", flush=True)


def once(message_id: str, work: Callable[[], None]) -> bool:
    """Do the work unless this id was seen before. If the work fails, the id is not kept, and a retry does it again."""
    with sqlite3.connect(SEEN_FILE, timeout=10) as database:
        database.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)")
        is_new = database.execute("INSERT OR IGNORE INTO seen VALUES (?)", [message_id]).rowcount == 1
        if is_new:
            work()
    return is_new


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to what verifies (repeats included) and 400 to all else."""

    protocol_version = "HTTP/1.1"  # Keeps connections open between messages.
    timeout = 30

    def do_POST(self) -> None:
        """Receive one message."""
        # The exact bytes are what is signed: verify before parsing.
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), BODY_BYTES_MAX))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            message = Webhook(os.environ["WEBHOOK_SECRET"]).verify(body, headers)
        except WebhookVerificationError as fault:
            print(f"refused: {fault}", flush=True)
            self._answer(400)
            return
        message_id = headers["webhook-id"]
        if not once(message_id, lambda: do_your_work(message)):
            print(f"repeat of {message_id}", flush=True)
        self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: `do_your_work` does."""


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    with ThreadingHTTPServer(("127.0.0.1", port), Receiver) as server:
        print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()
