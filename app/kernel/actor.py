"""Who is asking, through which door, and what they may do."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.kernel.errors import Forbidden

NOUNS_WITH_SCOPES = ("holders", "ledgers", "accounts", "transfers", "payments", "webhooks", "work")

ALL_SCOPES = (
    *(f"{noun}:{right}" for noun in NOUNS_WITH_SCOPES for right in ("read", "write")),
    "holders:review",
    "ledgers:freeze",
    "books:write",
    "keys:write",
    "*",
)
"""Every scope a key can have. `*` includes all others."""

CUSTOMER_SCOPES = ("webhooks:read", "webhooks:write", "holders:review", "ledgers:freeze", "books:write", "keys:write")
"""Scopes of what is about all holders. One holder's access token could never use them."""


class Via(StrEnum):
    """The door a request came through."""

    GRAPHQL = "graphql"
    REST = "rest"
    KAFKA = "kafka"
    WORKER = "worker"
    CLI = "cli"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: a customer, its scopes, and, if it may see only one holder's objects, that holder.

    `name` is what the audit trail shows, such as `api_key:0197…`. Of an access token, `api_key_id` is the key that made
    it. From `expires_at` on this actor may do nothing more; None: its key does not expire. `traceparent` names the span
    of the request, if it is recorded: what follows from the request belongs to its trace.
    """

    customer_id: UUID
    scopes: frozenset[str]
    via: Via
    name: str
    holder_id: UUID | None = None
    request_id: str | None = None
    api_key_id: UUID | None = None
    access_token_id: UUID | None = None
    expires_at: datetime | None = None
    traceparent: str | None = field(default=None, compare=False)

    @property
    def credential_ids(self) -> tuple[UUID, ...]:
        """The key and the token behind this actor: it ends with either of them."""
        return tuple(one for one in (self.access_token_id, self.api_key_id) if one is not None)

    def may(self, scope: str) -> bool:
        """Whether this actor holds `scope`."""
        return "*" in self.scopes or scope in self.scopes

    def require(self, scope: str) -> None:
        """Refuse unless this actor holds `scope`.

        :raises Forbidden: names the missing scope.
        """
        if not self.may(scope):
            raise Forbidden(f"This key lacks the scope {scope}.", required_scope=scope)

    def with_request(self, request_id: str, traceparent: str | None = None) -> "Actor":
        """The same actor in another request."""
        # Not `replace`, which takes twice as long: this runs for every request.
        return Actor(
            self.customer_id,
            self.scopes,
            self.via,
            self.name,
            self.holder_id,
            request_id,
            self.api_key_id,
            self.access_token_id,
            self.expires_at,
            traceparent,
        )


def worker_actor(customer_id: UUID, request_id: str | None = None, traceparent: str | None = None) -> Actor:
    """The actor of promised work: the customer itself, with every scope, through the worker."""
    return Actor(customer_id, frozenset({"*"}), Via.WORKER, "worker", request_id=request_id, traceparent=traceparent)
