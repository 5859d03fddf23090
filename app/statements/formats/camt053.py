"""A statement as camt.053.001.08 of ISO 20022, the XML of banks."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID
from xml.sax.saxutils import escape, quoteattr

from app.kernel.clock import rfc3339
from app.kernel.money import decimal_text
from app.statements.formats.bank_units import check_bank_unit, check_digits
from app.statements.formats.document import in_pieces
from app.statements.records import CREDIT, Line, Statement
from app.statements.spool import Spool

NAME = "camt.053"
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
DIGITS_MAX = 18
ID_CHARACTERS_MAX = 35
ID_OF_STATEMENT_CHARACTERS = 32
NAME_CHARACTERS_MAX = 140
TEXT_CHARACTERS_MAX = 140
NOT_IN_XML = {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}
"""Characters that XML 1.0 does not allow, and that no check of ours refuses."""
CARRIAGE_RETURN = {"\r": "&#13;"}
"""Readers would take it for the end of a line."""
ISSUER = "Quaestor"


def check_camt053(statement: Statement, spool: Spool) -> None:
    """Refuse units and amounts that it cannot say.

    :raises Invalid: with the reason.
    """
    check_bank_unit(statement, NAME)
    check_digits(statement, spool, NAME, DIGITS_MAX)


def write_camt053(statement: Statement, spool: Spool) -> Iterator[bytes]:
    """One document with one statement."""
    return in_pieces(_parts(statement, spool))


def _parts(statement: Statement, spool: Spool) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<Document xmlns="{NAMESPACE}"><BkToCstmrStmt>\n'
    yield _head(statement)
    for line in spool:
        yield _entry(statement, line)
    yield "</Stmt></BkToCstmrStmt></Document>\n"


def _head(statement: Statement) -> str:
    start, end = rfc3339(statement.start), rfc3339(statement.end)
    identity = _identity(statement)
    created = _element("CreDtTm", end)
    last_day = (statement.end - timedelta(microseconds=1)).date().isoformat()
    return "".join(
        (
            f"<GrpHdr>{_element('MsgId', identity)}{created}</GrpHdr>\n<Stmt>{_element('Id', identity)}{created}",
            f"<FrToDt>{_element('FrDtTm', start)}{_element('ToDtTm', end)}</FrToDt>\n",
            _account(statement),
            _balance(statement, "OPBD", statement.opening, start[:10]),
            _balance(statement, "CLBD", statement.closing, last_day),
            _summary(statement),
        )
    )


def _identity(statement: Statement) -> str:
    """The same statement has the same id, and one that says something else has another."""
    told = (statement.by, statement.opening, statement.closing, statement.debits, statement.credits)
    what = f"{statement.owner.id} {statement.start} {statement.end} {told} {statement.entry_count}"
    return hashlib.sha256(what.encode()).hexdigest()[:ID_OF_STATEMENT_CHARACTERS]


def _account(statement: Statement) -> str:
    owner = statement.owner
    held_at = "" if owner.bic is None else f"<Svcr><FinInstnId>{_element('BICFI', owner.bic)}</FinInstnId></Svcr>"
    held_by = "" if owner.name is None else f"<Ownr>{_name(owner.name)}</Ownr>"
    return (
        f"<Acct>{_account_id(owner.iban, owner.sort_code, owner.account_number, owner.id)}"
        f"{_element('Ccy', statement.unit.asset)}{held_by}{held_at}</Acct>\n"
    )


def _account_id(iban: str | None, sort_code: str | None, number: str | None, account_id: UUID | None) -> str:
    """By IBAN, else by sort code and account number, else by our own id without hyphens (34 characters are allowed)."""
    if iban is not None:
        return f"<Id>{_element('IBAN', iban)}</Id>"
    if sort_code is not None and number is not None:
        scheme = f"<SchmeNm>{_element('Cd', 'BBAN')}</SchmeNm>"
        return f"<Id><Othr>{_element('Id', sort_code + number)}{scheme}</Othr></Id>"
    assert account_id is not None
    return f"<Id><Othr>{_element('Id', account_id.hex)}{_element('Issr', ISSUER)}</Othr></Id>"


def _balance(statement: Statement, code: str, minor_units: int, day: str) -> str:
    credited = statement.credited(minor_units)
    return (
        f"<Bal><Tp><CdOrPrtry>{_element('Cd', code)}</CdOrPrtry></Tp>{_amount(statement, abs(credited))}"
        f"{_element('CdtDbtInd', 'CRDT' if credited >= 0 else 'DBIT')}<Dt>{_element('Dt', day)}</Dt></Bal>\n"
    )


def _summary(statement: Statement) -> str:
    """How many entries, and the sums of credits and debits where they have no more digits than are allowed."""

    def total(name: str, minor_units: int) -> str:
        fits = len(str(minor_units)) <= DIGITS_MAX
        return f"<{name}>{_element('Sum', decimal_text(minor_units, statement.unit.scale))}</{name}>" if fits else ""

    credited, debited = total("TtlCdtNtries", statement.credits), total("TtlDbtNtries", statement.debits)
    count = _element("NbOfNtries", str(statement.entry_count))
    return f"<TxsSummry><TtlNtries>{count}</TtlNtries>{credited}{debited}</TxsSummry>\n"


def _entry(statement: Statement, line: Line) -> str:
    amount = _amount(statement, line.amount) + _element("CdtDbtInd", "CRDT" if line.direction == CREDIT else "DBIT")
    transfer_id = line.transfer_id.replace("-", "")
    return "".join(
        (
            f"<Ntry>{_element('NtryRef', str(line.sequence))}{amount}",
            _element("RvslInd", "true") if line.is_reversal else "",
            f"<Sts>{_element('Cd', 'BOOK')}</Sts><BookgDt>{_element('Dt', line.posted_at[:10])}</BookgDt>",
            f"<ValDt>{_element('Dt', line.effective_at[:10])}</ValDt>{_element('AcctSvcrRef', transfer_id)}",
            f"<BkTxCd><Prtry>{_element('Cd', line.kind)}{_element('Issr', ISSUER)}</Prtry></BkTxCd>",
            f"<NtryDtls><TxDtls>{_references(line, transfer_id)}{amount}{_parties(line)}{_remittance(line)}",
            f"<RltdDts>{_element('TxDtTm', line.posted_at)}</RltdDts></TxDtls></NtryDtls></Ntry>\n",
        )
    )


def _references(line: Line, transfer_id: str) -> str:
    """Our id of the transfer, and the reference where it is short enough to be an id."""
    reference = line.reference
    is_short = reference is not None and len(reference) <= ID_CHARACTERS_MAX
    end_to_end = _element("EndToEndId", reference) if reference is not None and is_short else ""
    return f"<Refs>{_element('AcctSvcrRef', transfer_id)}{end_to_end}</Refs>"


def _parties(line: Line) -> str:
    """The other side: who paid a credit, who received a debit."""
    role = "Dbtr" if line.direction == CREDIT else "Cdtr"
    named = line.counterparty_name
    party = "" if named is None else f"<{role}><Pty>{_name(named)}</Pty></{role}>"
    # The other account of a payment is our own settlement account, which is not the counterparty's.
    named_account = line.counterparty_iban or (line.counterparty_sort_code and line.counterparty_account_number)
    if line.is_payment and not named_account:
        return f"<RltdPties>{party}</RltdPties>" if party else ""
    account_id = _account_id(
        line.counterparty_iban,
        line.counterparty_sort_code,
        line.counterparty_account_number,
        UUID(line.counterparty_id),
    )
    return f"<RltdPties>{party}<{role}Acct>{account_id}</{role}Acct></RltdPties>"


def _remittance(line: Line) -> str:
    text = line.reference
    if text is None:
        return ""
    parts = (text[at : at + TEXT_CHARACTERS_MAX] for at in range(0, len(text), TEXT_CHARACTERS_MAX))
    return f"<RmtInf>{''.join(_element('Ustrd', part) for part in parts)}</RmtInf>"


def _name(text: str) -> str:
    """A name, cut to the 140 characters that are allowed."""
    return _element("Nm", text[:NAME_CHARACTERS_MAX])


def _amount(statement: Statement, minor_units: int) -> str:
    value = decimal_text(minor_units, statement.unit.scale)
    return f"<Amt Ccy={quoteattr(statement.unit.asset)}>{value}</Amt>"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text.translate(NOT_IN_XML), CARRIAGE_RETURN)}</{name}>"
