"""A webhook receiver in Starlette (or FastAPI): it verifies each message, and does its work once.

pip install starlette uvicorn standardwebhooks
WEBHOOK_SECRET=whsec_… python examples/receiver_starlette.py 9000
"""

import json
import os
import socket
import sqlite3
import sys
from typing import Any

import uvicorn
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

SEEN_FILE = os.environ.get("SEEN_FILE", "seen-webhooks.sqlite")


def do_your_work(message: dict[str, Any]) -> None:
    """Put your own code here."""
    print(f"{message['type']} {json.dumps(message.get('data', message.get('resource')))}", flush=True)


def work_once(message_id: str, message: dict[str, Any]) -> bool:
    """Do the work unless this id was seen before, in one transaction: if the work fails, the id is not kept."""
    with sqlite3.connect(SEEN_FILE, timeout=10) as database:
        database.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)")
        is_new = database.execute("INSERT OR IGNORE INTO seen VALUES (?)", [message_id]).rowcount == 1
        if is_new:
            do_your_work(message)
    return is_new


async def receive(request: Request) -> Response:
    """Answer 204 to what verifies, repeats included, and 400 to all else."""
    headers = dict(request.headers)  # Their names are in lower case.
    try:
        # The exact bytes are what is signed: verify before parsing.
        message = Webhook(os.environ["WEBHOOK_SECRET"]).verify(await request.body(), headers)
    except WebhookVerificationError as fault:
        print(f"refused: {fault}", flush=True)
        return Response(status_code=400)
    if not await run_in_threadpool(work_once, headers["webhook-id"], message):
        print(f"repeat of {headers['webhook-id']}", flush=True)
    return Response(status_code=204)


app = Starlette(routes=[Route("/", receive, methods=["POST"])])


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9000)) as listener:
        print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
