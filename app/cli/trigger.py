"""`quaestor trigger`: make an event of a type happen, by really doing what it tells of."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import typer

from app.api_client import ApiClient, api_client
from app.cli.exits import WrongUsage
from app.cli.options import DataDir, Json, overrides
from app.cli.output import print_rows
from app.cli.running_server import running_server
from app.demo.triggers.steps import LOOK_EVERY_SECONDS, PATIENCE_SECONDS, Steps
from app.demo.triggers.table import REFUSED, TRIGGERS
from app.events.event_types import DERIVED_TYPES, EVENT_TYPES, TRANSFER_POSTED
from app.journal.records import DIRECTION_BITS
from app.kernel.errors import NotReachable, Refused
from app.settings import Environment, Settings, load_settings

HAPPENED = """
query ($after: String!, $types: [String!], $about: ID) {
  events(first: 10, after: $after, filter: {types: $types, resourceId: $about}) {
    nodes { id type resourceType resourceId occurredAt data }
  }
}"""


def trigger(
    event_type: Annotated[
        str | None, typer.Argument(metavar="TYPE", help="The type of event, such as `ledger.status.ok`.")
    ] = None,
    *,
    is_list: Annotated[bool, typer.Option("--list", help="List every type, and what is done for it.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Make an event of a type happen, by really doing what it tells of, and print it.

    Uses the server of QUAESTOR_URL (with QUAESTOR_API_KEY), else a running `quaestor dev`. Holders, ledgers and the
    rest are made for it, and stay; what arrives at your endpoints is real. Refused in LIVE, as is what takes days.

    Example: `quaestor trigger hold.status.expired`
    """
    if is_list:
        print_rows(_listed(), ("type", "what"), as_json=as_json, if_none="")
        return
    wanted = _checked(event_type)
    settings = load_settings(**overrides(data_dir=data_dir))
    columns = ("type", "event_id", "resource_type", "resource_id")
    print_rows(asyncio.run(_trigger(settings, wanted)), columns, as_json=as_json, if_none="")


def _checked(event_type: str | None) -> str:
    if event_type is None:
        raise WrongUsage("Name a type of event, such as `quaestor trigger ledger.status.ok`; `--list` shows all.")
    if event_type in REFUSED:
        raise Refused(f"{event_type} cannot be triggered. {REFUSED[event_type]}")
    if event_type not in TRIGGERS:
        raise WrongUsage(f"There is no type of event {event_type!r}: `quaestor trigger --list` shows all.")
    return event_type


async def _trigger(settings: Settings, event_type: str) -> list[dict[str, Any]]:
    server = await running_server(settings)
    async with api_client(server.url, server.api_key) as client:
        looked = await client.ask("{ feedEnd viewer { environment } }")
        if looked["viewer"]["environment"] == Environment.LIVE:
            raise Refused("This server is LIVE: nothing is made to happen there for a test.")
        about = await TRIGGERS[event_type](Steps(client))
        stored_type = TRANSFER_POSTED if event_type in DERIVED_TYPES else event_type
        event = await _happened(client, stored_type, after=looked["feedEnd"], about=about)
    if event_type in DERIVED_TYPES:
        return [
            _told(event, event_type, bits, event["data"][side.value.lower()]) for side, bits in DIRECTION_BITS.items()
        ]
    return [_told(event, event_type, 0, {"type": event["resourceType"], "id": event["resourceId"]})]


def _told(event: dict[str, Any], event_type: str, bits: int, about: dict[str, Any]) -> dict[str, Any]:
    """What is printed of an event, or of the message about one side of a transfer."""
    return {
        "type": event_type,
        "event_id": str(UUID(int=UUID(event["id"]).int | bits)),
        "resource_type": about["type"],
        "resource_id": about["id"],
        "occurred_at": event["occurredAt"],
    }


async def _happened(client: ApiClient, event_type: str, *, after: str, about: str) -> dict[str, Any]:
    """The event, as soon as it is there.

    :raises NotReachable: it is not within a minute.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE_SECONDS
    while loop.time() < until:
        found = await client.ask(HAPPENED, after=after, types=[event_type], about=about)
        for event in found["events"]["nodes"]:
            return dict(event)
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    raise NotReachable(
        f"{event_type} of {about} did not happen within {PATIENCE_SECONDS:.0f} s: is the worker running?"
    )


def _listed() -> list[dict[str, Any]]:
    return [{"type": one, "is_refused": one in REFUSED, "what": _what(one)} for one in EVENT_TYPES]


def _what(event_type: str) -> str:
    if event_type in REFUSED:
        return f"Refused. {REFUSED[event_type]}"
    return (TRIGGERS[event_type].__doc__ or "").strip()
