"""Find one ledger by the key that a query names, or wait for it."""

import strawberry

from app.api.graphql.context import Context
from app.api.graphql.ledger_inputs import LedgerKey
from app.db.identifiers import parse_id
from app.db.snapshot import before_snapshot, current_snapshot
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import Path
from app.ledgers import models, queries
from app.ledgers.wait_for_ledger import wait_for_ledger
from app.partners.bank_identifiers import check_uk_bank_account, normalize_iban


def only_key(by: LedgerKey | None, ledger_id: str | None, iban: str | None) -> tuple[LedgerKey, Path]:
    """The only key that is given, and its path.

    :raises Invalid: none is given, or several are.
    """
    keys: list[tuple[LedgerKey, Path]] = [] if by is None else [(by, ("by",))]
    if ledger_id is not None:
        keys.append((LedgerKey(id=strawberry.ID(ledger_id)), ()))
    if iban is not None:
        keys.append((LedgerKey(iban=iban), ()))
    if len(keys) != 1:
        refuse("Name one ledger: give exactly one of `id`, `iban` and `by`.", ("by",))
    return keys[0]


async def find_by_key(actor: Actor, by: LedgerKey, path: Path = ("by",)) -> models.Ledger | None:
    """The ledger that a key names."""
    if isinstance(by.id, str):
        return await queries.find_ledger(actor, parse_id(by.id, (*path, "id")))
    if isinstance(by.iban, str):
        return await queries.find_ledger_by_iban(actor, normalize_iban(by.iban, (*path, "iban")))
    account = by.uk_bank_account
    assert account, "GraphQL checks that exactly one is given"
    sort_code, number = check_uk_bank_account(account.sort_code, account.account_number, (*path, "ukBankAccount"))
    return await queries.find_ledger_by_uk_bank_account(actor, queries.UkBankAccount(sort_code, number))


async def wait_by_key(context: Context, by: LedgerKey, path: Path, *, timeout_seconds: float) -> models.Ledger | None:
    """The ledger that a key names, once it is settled or the time is up. No database connection is held meanwhile."""
    if current_snapshot() is None:
        return await _wait(context, by, path, timeout_seconds)

    async def wait() -> None:
        await _wait(context, by, path, timeout_seconds)

    await before_snapshot([("settled", repr(by))], wait)
    return await find_by_key(context.actor, by, path)


async def _wait(context: Context, by: LedgerKey, path: Path, timeout_seconds: float) -> models.Ledger | None:
    return await wait_for_ledger(
        lambda: find_by_key(context.actor, by, path),
        timeout_seconds=timeout_seconds,
        backup_poll_seconds=context.settings.wait_backup_poll_seconds,
    )
