"""`quaestor listen`: events as they happen, in the form of webhooks, without a public address."""

import asyncio
import re
import sys
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import orjson
import typer

from app.api_client import api_client
from app.cli.exits import WrongUsage
from app.cli.follow_events import Connection, Followed, follow_events
from app.cli.options import DataDir, Json, overrides
from app.cli.running_server import running_server
from app.events.record import API_VERSION
from app.settings import Settings, load_settings
from app.webhooks.signature import signed_headers
from app.webhooks.signing_secret import new_signing_key, secret_text

FORWARD_SECONDS_MAX = 15.0
"""The time that a receiver has for a real delivery."""
EVENT_TYPE_HEADER = "x-quaestor-event-type"


class Delivery(NamedTuple):
    """What a receiver gets: the exact bytes, and the headers that belong to them."""

    body: bytes
    headers: dict[str, str]


def listen(
    *,
    forward_to: Annotated[
        str | None, typer.Option("--forward-to", metavar="URL", help="Send each event to this address, signed.")
    ] = None,
    types: Annotated[
        str | None, typer.Option("--types", metavar="TYPES", help="Exact types or wildcards, separated by commas.")
    ] = None,
    after: Annotated[
        str | None, typer.Option("--after", metavar="CURSOR", help="Begin behind this cursor. Left out: now.")
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Show events as they happen, each signed like a webhook, and send them on to your receiver if you like.

    Uses the server of QUAESTOR_URL (with QUAESTOR_API_KEY), else a running `quaestor dev`. Each message is signed with
    a secret that is made for this run and printed first: give it to your receiver. A lost connection is opened again
    where it ended: no event is missed. An event is forwarded once; real webhooks are repeated until they are accepted.

    Example: `quaestor listen --types 'ledger.*,transfer.posted' --forward-to http://127.0.0.1:9000/webhooks`
    """
    settings = load_settings(**overrides(data_dir=data_dir))
    wanted = None if types is None else re.findall(r"[^\s,]+", types)
    printer = Printer(forward_to=_checked(forward_to), as_json=as_json)
    asyncio.run(_listen(settings, printer, wanted, after))


def _checked(url: str | None) -> str | None:
    if url is not None and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
        raise WrongUsage(f"--forward-to is {url!r}: give an address like http://127.0.0.1:9000/webhooks.")
    return url


async def _listen(settings: Settings, printer: "Printer", types: list[str] | None, after: str | None) -> None:
    server = await running_server(settings)
    async with api_client(server.url, server.api_key) as client:
        start = after or (await client.ask("{ feedEnd }"))["feedEnd"]
        printer.begin(server.url)
        async with httpx.AsyncClient(timeout=FORWARD_SECONDS_MAX, trust_env=False) as receiver:
            async for message in follow_events(client.http, types=types, after=start):
                if isinstance(message, Connection):
                    printer.connection(message, server.url)
                else:
                    await printer.tell(message, receiver)


class Printer:
    """Prints what comes, and forwards it."""

    def __init__(self, *, forward_to: str | None, as_json: bool) -> None:
        self._forward_to = forward_to
        self._as_json = as_json
        self._key = new_signing_key()

    def begin(self, url: str) -> None:
        """Say what is listened to, and with which secret messages are signed."""
        if self._as_json:
            print(orjson.dumps({"listening_to": url, "secret": secret_text(self._key)}).decode(), flush=True)
        else:
            print(f"Listening to {url}. Messages are signed with {secret_text(self._key)}", flush=True)

    def connection(self, change: Connection, url: str) -> None:
        """Say that the stream was lost, or is there again."""
        if change.lost is None:
            print(f"Connected to {url} again.", file=sys.stderr, flush=True)
        else:
            print(f"Lost the stream of {url} ({change.lost}): trying again.", file=sys.stderr, flush=True)

    async def tell(self, message: Followed, receiver: httpx.AsyncClient) -> None:
        """Print one event, and forward it if that is asked for."""
        delivery = as_delivery(message.event, self._key, datetime.now(UTC))
        if not self._as_json:
            print(f"\n{message.event['type']}", flush=True)
            for name, value in delivery.headers.items():
                print(f"  {name}: {value}")
            print(f"  {delivery.body.decode()}", flush=True)
        answered = None if self._forward_to is None else await self._forward(delivery, receiver)
        if self._as_json:
            told = {"cursor": message.cursor, "headers": delivery.headers, "body": orjson.Fragment(delivery.body)}
            print(orjson.dumps({**told, **({} if answered is None else {"answer": answered})}).decode(), flush=True)
        elif answered is not None:
            print(f"  {self._forward_to} answered: {answered}", flush=True)

    async def _forward(self, delivery: Delivery, receiver: httpx.AsyncClient) -> str:
        assert self._forward_to is not None
        headers = {**delivery.headers, "content-type": "application/json", "user-agent": "Quaestor-Listen"}
        try:
            response = await receiver.post(self._forward_to, content=delivery.body, headers=headers)
        except (httpx.TransportError, httpx.InvalidURL) as fault:
            return f"nothing ({str(fault) or type(fault).__name__})"
        return str(response.status_code)


def as_delivery(event: dict[str, Any], key: bytes, now: datetime) -> Delivery:
    """The message of an event in the form that an endpoint with the payload FULL gets it, signed at `now` (aware)."""
    body = orjson.dumps(
        {
            "id": event["id"],
            "type": event["type"],
            "timestamp": event["occurredAt"],
            "api_version": API_VERSION,
            "resource": {
                "type": event["resourceType"],
                "id": event["resourceId"],
                "version": event["resourceVersion"],
            },
            "previous": event["previous"],
            "data": event["data"],
            "cause": {"via": event["via"], "request_id": event["requestId"]},
        }
    )
    headers = signed_headers(event["id"], now, body, keys=(key,))
    return Delivery(body, {**headers, EVENT_TYPE_HEADER: event["type"]})
