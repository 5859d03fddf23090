"""`quaestor listen`: events as they happen, in the form of webhooks, without a public address."""

import asyncio
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import orjson
import typer

from app.api_client import api_client
from app.cli.exits import WrongUsage
from app.cli.follow_events import Connection, Followed, follow_events
from app.cli.options import DataDir, Json, overrides
from app.cli.running_server import running_server
from app.events.event_types import DERIVED_TYPES, TRANSFER_POSTED, matches
from app.events.record import Resource, event_body, json_text
from app.settings import Settings, load_settings
from app.webhooks.balance_changes import balance_changes
from app.webhooks.deliveries.send_request import SUCCESS, FaultOfOurs, Sender
from app.webhooks.egress import EgressRules
from app.webhooks.message_body import message_body
from app.webhooks.message_headers import message_headers
from app.webhooks.signature import SigningKey
from app.webhooks.signing_secret import new_signing_key, private_key, public_key_text, secret_text
from app.webhooks.status import Payload
from app.webhooks.webhook_url import MalformedUrl, parse_webhook_url

ANYWHERE = EgressRules(
    allows_http=True, allowed_networks=(ip_network("0.0.0.0/0"), ip_network("::/0")), allowed_ports=()
)
"""Who runs the command may reach whatever this machine reaches."""


class Delivery(NamedTuple):
    """What a receiver gets: the exact bytes, and the headers that belong to them."""

    event_type: str
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
    a secret and a key that are made for this run. The secret and the public key are printed first: give your receiver
    one of them. A lost connection is opened again where it ended: no event is missed. An event is forwarded once; real
    webhooks are repeated until they are accepted.

    Example: `quaestor listen --types 'ledger.*,transfer.posted' --forward-to http://127.0.0.1:9000/webhooks`
    """
    settings = load_settings(**overrides(data_dir=data_dir))
    wanted = None if types is None else re.findall(r"[^\s,]+", types)
    printer = Printer(forward_to=_checked(forward_to), types=wanted, as_json=as_json)
    asyncio.run(_listen(settings, printer, wanted, after))


def _checked(url: str | None) -> str | None:
    if url is not None:
        try:
            parse_webhook_url(url)
        except MalformedUrl as malformed:
            raise WrongUsage(
                f"--forward-to is {url!r}: give an address like http://127.0.0.1:9000/webhooks. {malformed}"
            ) from None
    return url


async def _listen(settings: Settings, printer: "Printer", types: list[str] | None, after: str | None) -> None:
    server = await running_server(settings)
    async with api_client(server.url, server.api_key) as client:
        start = after or (await client.ask("{ feedEnd }"))["feedEnd"]
        printer.begin(server.url)
        sender = Sender(ANYWHERE)
        try:
            async for message in follow_events(client.http, types=_asked_of_server(types), after=start):
                if isinstance(message, Connection):
                    printer.connection(message, server.url)
                else:
                    await printer.tell(message, sender)
        finally:
            await sender.close()


class Printer:
    """Prints what comes, and forwards it."""

    def __init__(self, *, forward_to: str | None, types: Sequence[str] | None, as_json: bool) -> None:
        self._forward_to = forward_to
        self._types = types
        self._as_json = as_json
        secret, seed = new_signing_key(), new_signing_key()
        self._keys = (secret, private_key(seed))
        self._secret, self._public_key = secret_text(secret), public_key_text(seed)

    def begin(self, url: str) -> None:
        """Say what is listened to, and with which secret and key messages are signed."""
        if self._as_json:
            told = {"listening_to": url, "secret": self._secret, "public_key": self._public_key}
            print(orjson.dumps(told).decode(), flush=True)
        else:
            print(f"Listening to {url}. Messages are signed with {self._secret}")
            print(f"The public key of their v1a signatures is {self._public_key}", flush=True)

    def connection(self, change: Connection, url: str) -> None:
        """Say that the stream was lost, or is there again."""
        if change.lost is None:
            print(f"Connected to {url} again.", file=sys.stderr, flush=True)
        else:
            print(f"Lost the stream of {url} ({change.lost}): trying again.", file=sys.stderr, flush=True)

    async def tell(self, message: Followed, sender: Sender) -> None:
        """Print one event, and forward it if that is asked for."""
        for delivery in as_deliveries(message.event, self._types, self._keys, datetime.now(UTC)):
            await self._tell(delivery, message.cursor, sender)

    async def _tell(self, delivery: Delivery, cursor: str, sender: Sender) -> None:
        if not self._as_json:
            print(f"\n{delivery.event_type}", flush=True)
            for name, value in delivery.headers.items():
                print(f"  {name}: {value}")
            print(f"  {delivery.body.decode()}", flush=True)
        answered = None if self._forward_to is None else await self._forward(delivery, sender)
        if self._as_json:
            told = {"cursor": cursor, "headers": delivery.headers, "body": orjson.Fragment(delivery.body)}
            print(orjson.dumps({**told, **({} if answered is None else {"answer": answered})}).decode(), flush=True)
        elif answered is not None:
            print(f"  {self._forward_to} answered: {answered}", flush=True)

    async def _forward(self, delivery: Delivery, sender: Sender) -> str:
        assert self._forward_to is not None
        try:
            answer = await sender.send("receiver", self._forward_to, delivery.headers, delivery.body)
        except FaultOfOurs as fault:
            return f"nothing ({fault})"
        if answer.status is None:
            return f"nothing ({answer.error})"
        is_whole = answer.is_success or answer.status not in SUCCESS
        return f"{answer.status}" if is_whole else f"{answer.status} ({answer.error})"


def as_deliveries(
    event: dict[str, Any], types: Sequence[str] | None, keys: Sequence[SigningKey], now: datetime
) -> Iterator[Delivery]:
    """The messages about an event, of these types, in the form that an endpoint with the payload FULL gets them, signed
    at `now` (aware). A transfer also makes messages about its sides, for whoever asks for those types by name.
    """
    event_id, wanted = UUID(event["id"]), types or ()
    body = _body(event, event_id)
    messages = [(event_id, event["type"])] if types is None or matches(wanted, event["type"]) else []
    if event["type"] == TRANSFER_POSTED and not DERIVED_TYPES.isdisjoint(wanted):
        changes = balance_changes(event_id, body)
        messages += [(change.message_id, change.type) for change in changes if change.type in wanted]
    for message_id, event_type in messages:
        told = message_body(Payload.FULL, body, customer_id=event_id, message_id=message_id).encode()
        yield Delivery(
            event_type,
            told,
            message_headers(str(message_id), event_type, told, attempt=1, attempted_at=now, keys=keys),
        )


def _body(event: dict[str, Any], event_id: UUID) -> str:
    about = Resource(event["resourceType"], UUID(event["resourceId"]), event["resourceVersion"])
    cause = json_text({"via": event["via"], "request_id": event["requestId"]})
    return event_body(
        event_id,
        event["type"],
        about,
        event["occurredAt"],
        json_text(event["data"]),
        previous=json_text(event["previous"]),
        cause=cause,
    )


def _asked_of_server(types: Sequence[str] | None) -> list[str] | None:
    """The types to subscribe to: the server tells of transfers, and messages about their sides are made here."""
    if types is None or DERIVED_TYPES.isdisjoint(types):
        return None if types is None else list(types)
    return [*(one for one in types if one not in DERIVED_TYPES), TRANSFER_POSTED]
