"""Freezes and overdraft limits of ledgers and wallets over REST."""

from functools import partial
from typing import Any

from app.api.rest import control_shapes as shapes
from app.api.rest.ledger_shapes import LedgerIdAnswer
from app.api.rest.operation import Answer, Asked, Operation, id_of
from app.api.rest.values import member_of
from app.controls.freeze import FreezeParty, freeze
from app.controls.party import LEDGER
from app.controls.set_overdraft_limit import SetOverdraftLimit, set_overdraft_limit
from app.controls.unfreeze import UnfreezeParty, unfreeze
from app.journal.amounts import AmountText
from app.journal.find_asset import find_asset
from app.journal.frozen import FreezeScope

SCOPES = ("ledgers:freeze",)
PLACES = (("ledger", "Ledgers", "/v1/customer/ledgers"), ("wallet", "Accounts and wallets", "/api/v1/wallet"))
"""The nouns that can be controlled, and where they are."""


async def _freeze(asked: Asked, body: shapes.FreezeBody, noun: str) -> Answer:
    command = FreezeParty(_id(asked, noun), body.reason, member_of(body.scope, FreezeScope), asked.idempotency_key)
    return id_of(f"{noun}_id", await freeze(asked.actor, command, noun=noun))


async def _unfreeze(asked: Asked, body: shapes.UnfreezeBody, noun: str) -> Answer:
    command = UnfreezeParty(_id(asked, noun), body.reason, asked.idempotency_key)
    return id_of(f"{noun}_id", await unfreeze(asked.actor, command, noun=noun))


async def _set_overdraft_limit(asked: Asked, body: shapes.OverdraftLimitBody, noun: str) -> Answer:
    limit = AmountText(body.overdraft_limit, await find_asset(asked.actor, _id(asked, noun)))
    command = SetOverdraftLimit(_id(asked, noun), limit, asked.idempotency_key)
    return id_of(f"{noun}_id", await set_overdraft_limit(asked.actor, command, catalog=asked.catalog, noun=noun))


def _id(asked: Asked, noun: str) -> str:
    return asked.names[f"{noun}_id"]


def _operations(noun: str, tag: str, place: str) -> tuple[Operation, ...]:
    path, suffix = f"{place}/{{{noun}_id}}", noun.capitalize()
    shared: dict[str, Any] = {
        "tag": tag,
        "answers": LedgerIdAnswer if noun == LEDGER else shapes.WalletIdAnswer,
        "scopes": SCOPES,
        "refusals": (404, 409),
        "names": {
            ("id",): (f"{noun}_id",),
            ("limit",): ("overdraft_limit",),
            ("limit", "value"): ("overdraft_limit",),
        },
    }
    return (
        Operation(
            name=f"freeze{suffix}",
            method="POST",
            path=f"{path}/freeze",
            summary=f"Freeze a {noun}",
            description=(
                "Debits, credits or both are `invalid-state-of-entity` from now on, and payments that come in are "
                "declined. Holds placed before may be released, and captured where nothing frozen moves."
            ),
            call=partial(_freeze, noun=noun),
            body=shapes.FreezeBody,
            **shared,
        ),
        Operation(
            name=f"unfreeze{suffix}",
            method="POST",
            path=f"{path}/unfreeze",
            summary=f"Unfreeze a {noun}",
            call=partial(_unfreeze, noun=noun),
            body=shapes.UnfreezeBody,
            needs_body=False,
            **shared,
        ),
        Operation(
            name=f"setOverdraftLimitOf{suffix}",
            method="PUT",
            path=f"{path}/overdraft-limit",
            summary=f"Set how far below zero a {noun} may go",
            description="Not below what is used. A ledger's only where its partner product allows it."
            if noun == LEDGER
            else "Not below what is used.",
            call=partial(_set_overdraft_limit, noun=noun),
            body=shapes.OverdraftLimitBody,
            **shared,
        ),
    )


OPERATIONS = tuple(operation for place in PLACES for operation in _operations(*place))
