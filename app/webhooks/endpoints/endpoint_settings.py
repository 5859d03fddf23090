"""What an endpoint may be given beside its URL: a filter, a holder, headers and certificates; checked and encrypted."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.connection import Record
from app.db.identifiers import parse_id
from app.db.transaction import Transaction
from app.holders.queries import lock_holder
from app.kernel.actor import Actor
from app.kernel.checks import check_json_object, refuse
from app.kernel.containment import nested_items
from app.webhooks.client_tls import ClientTls, seal_client_key
from app.webhooks.own_headers import OwnHeader, open_headers, seal_headers
from app.webhooks.vault import Vault

FILTER_PATH = ("filter",)
HOLDER_PATH = ("holder_id",)
NESTED_ITEMS_MAX = 5
"""Each object or list in a list of a filter is compared with each item of a list of an event."""


def check_filter(value: Any) -> dict[str, Any] | None:
    """A JSON object that the `data` of events may contain; or None.

    :raises Invalid: it is no object, too large, or has too many objects or lists in lists.
    """
    if value is None:
        return None
    checked = check_json_object(value, FILTER_PATH, what="A filter")
    if (count := nested_items(checked)) > NESTED_ITEMS_MAX:
        refuse(f"A filter's lists take at most {NESTED_ITEMS_MAX} objects or lists; this has {count:,}.", FILTER_PATH)
    return checked


async def find_holder_for(tx: Transaction, actor: Actor, holder_id: str | None) -> UUID | None:
    """The id of a holder that there is, or None for None.

    :raises NotFound: this customer has none by that id.
    """
    if holder_id is None:
        return None
    identifier = parse_id(holder_id, HOLDER_PATH)
    await lock_holder(tx, actor, identifier, share=True)
    return identifier


def header_columns(
    headers: Sequence[OwnHeader], vault: Vault, *, customer_id: UUID, endpoint_id: UUID
) -> dict[str, Any]:
    """What is stored of these headers."""
    return {
        "header_names": [header.name for header in headers],
        "sealed_headers": seal_headers(headers, vault, customer_id=customer_id, endpoint_id=endpoint_id),
    }


def tls_columns(tls: ClientTls, vault: Vault, *, customer_id: UUID, endpoint_id: UUID) -> dict[str, Any]:
    """What is stored of these certificates: only of those that are given."""
    columns: dict[str, Any] = {}
    if tls.ca_certificate is not None:
        columns["ca_certificate"] = tls.ca_certificate
    if tls.client_certificate is not None and tls.client_key is not None:
        columns["client_certificate"] = tls.client_certificate
        columns["sealed_client_key"] = seal_client_key(
            tls.client_key, vault, customer_id=customer_id, endpoint_id=endpoint_id
        )
    return columns


def has_headers(row: Record, headers: Sequence[OwnHeader], vault: Vault) -> bool:
    """Whether these are the headers that are stored already. Encrypted, the same look different each time."""
    whose = {"customer_id": row["customer_id"], "endpoint_id": row["id"]}
    return open_headers(row["sealed_headers"], vault, **whose) == tuple(headers)
