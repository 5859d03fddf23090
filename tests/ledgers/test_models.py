from dataclasses import fields, replace

import pytest

from app.db.pages import Page
from app.holders.models import Holder
from app.holders.status import HolderStatus
from app.ledgers.models import Columns, Ledger
from app.ledgers.queries import LedgerFilter, LedgerOrder, list_ledgers
from app.ledgers.status import IbanStatus, LedgerStatus

# A ledger's status, its holder's (None: unassigned), its IBAN's: whether nothing will change by itself any more.
SETTLED = {
    ("PENDING", None, "NOT_REQUESTED"): False,
    ("PENDING", "OK", "NOT_REQUESTED"): False,
    ("PENDING", "OK", "PENDING"): False,
    ("PENDING", "DECLINED", "NOT_REQUESTED"): False,
    ("OK", None, "NOT_REQUESTED"): True,
    ("OK", "OK", "NOT_REQUESTED"): True,
    ("OK", "OK", "PENDING"): False,
    ("OK", "OK", "OK"): True,
    ("OK", "OK", "DECLINED"): True,
    ("OK", "OK", "UNABLE_TO_ADVANCE"): True,
    ("OK", "PENDING", "OK"): True,
    ("ERROR", "PENDING", "NOT_REQUESTED"): False,
    ("ERROR", "QUARANTINE", "NOT_REQUESTED"): True,
    ("ERROR", "DECLINED", "NOT_REQUESTED"): True,
    ("ERROR", "OK", "NOT_REQUESTED"): False,
    ("ERROR", "MISSING_DATA", "NOT_REQUESTED"): False,
    ("MISSING_DATA", "MISSING_DATA", "NOT_REQUESTED"): True,
    ("MISSING_DATA", "PENDING", "NOT_REQUESTED"): False,
    ("MISSING_DATA", "OK", "NOT_REQUESTED"): False,
    ("MISSING_DATA", "QUARANTINE", "NOT_REQUESTED"): False,
    ("MISSING_DATA", "DECLINED", "NOT_REQUESTED"): False,
    ("DECLINED", "OK", "NOT_REQUESTED"): True,
    ("DECLINED", "OK", "DECLINED"): True,
    ("CLOSED", "OK", "OK"): True,
    ("CLOSED", "PENDING", "DECLINED"): True,
}


@pytest.mark.parametrize(("status", "holder_status", "iban_status"), SETTLED)
async def test_is_settled_once_nothing_changes_by_itself(issue, make_holder, read, status, holder_status, iban_status):
    ledger = await read(await issue(await make_holder()))
    holder = None if holder_status is None else replace(ledger.holder, status=HolderStatus(holder_status))
    reason = f"The holder is {holder_status}."
    changed = replace(
        ledger, status=LedgerStatus(status), status_reason=reason, holder=holder, iban_status=IbanStatus(iban_status)
    )
    assert changed.is_settled is SETTLED[status, holder_status, iban_status]


@pytest.mark.parametrize("status", ["QUARANTINE", "DECLINED", "MISSING_DATA"])
async def test_is_not_settled_before_it_tells_how_its_holder_settled(issue, make_holder, work, read, status):
    holder_id = await make_holder("PENDING")
    ledger_id = await issue(holder_id)
    await work.provision(ledger_id)
    in_error = await read(ledger_id)
    assert (in_error.status_reason, in_error.is_settled) == ("The holder is PENDING.", False)
    settled = replace(in_error, holder=replace(in_error.holder, status=HolderStatus(status), missing_data=["email"]))
    assert settled.is_settled is False
    followed = replace(
        settled,
        status=LedgerStatus("MISSING_DATA" if status == "MISSING_DATA" else "ERROR"),
        status_reason=f"The holder is {status}.",
        missing_data=["email"] if status == "MISSING_DATA" else [],
    )
    assert followed.is_settled is True
    if status == "MISSING_DATA":
        assert replace(followed, missing_data=["phone"]).is_settled is False


async def test_reads_only_the_columns_it_is_asked_for(actor, issue, make_holder):
    await issue()
    await issue(await make_holder())
    columns = Columns({"id", "status", "primary_uses", "created_at"}, {"name", "status"})
    assert columns.sql == (
        "l.id, l.holder_id, l.status, l.primary_uses, l.created_at, h.status AS h_status, h.name AS h_name"
    )
    read = await list_ledgers(actor, LedgerFilter(), LedgerOrder(), Page(2), columns=columns)
    whole = await list_ledgers(actor, LedgerFilter(), LedgerOrder(), Page(2))
    for part, ledger in zip(read, whole, strict=True):
        assert vars(part).keys() == {"id", "holder_id", "status", "primary_uses", "created_at", "holder"}
        assert vars(part) | {"holder": None} == {name: getattr(ledger, name) for name in vars(part)} | {"holder": None}
        assert part.status is LedgerStatus.PENDING
    held, unassigned = read
    assert vars(held.holder) == {"status": HolderStatus.OK, "name": "Ada Lovelace"}
    assert unassigned.holder is None


async def test_reads_every_column_unless_asked_for_fewer(read, issue, make_holder):
    ledger = await read(await issue(await make_holder()))
    assert vars(ledger).keys() == {field.name for field in fields(Ledger)}
    assert vars(ledger.holder).keys() == {field.name for field in fields(Holder)}
    assert replace(ledger) == ledger
    assert replace(ledger.holder) == ledger.holder
