#!/usr/bin/env bash
# camt053 0.0.23: the reversal of one returned payment takes back the whole batch it was booked in, and names another payment of it.
#
# A bank may book returned payments as one entry (`Ntry`), with a `TxDtls` for each: its amount, its references, its reason.
# Expected: asked for the reversal of what came back with AC04 (account closed), the library reverses the one payment with that reason, 100.00.
# Seen: it finds the entry by that reason, but reverses the entry's 300.00. The record carries the reference, the counterparty and the reason
# of the entry's first payment, which was not asked for. Asking for each reason in turn reverses the batch three times. The amounts of
# the payments are not read at all. The statement is valid by the library's own check against the schema.
#
# Output seen (Python 3.11.7):
#   statement valid: True
#   asked AM04: 300.00 CRDT, E1, AM04
#   asked AC04: 300.00 CRDT, E1, AM04
#   asked MS03: 300.00 CRDT, E1, AM04
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'camt053==0.0.23'
"$folder/venv/bin/python" - <<'PYTHON'
from camt053 import services


def payment(reference, reason):
    return f"""<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>
      <RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf></TxDtls>"""


STATEMENT = f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
  <GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-01-02T10:00:00</CreDtTm></GrpHdr>
  <Stmt><Id>S1</Id><CreDtTm>2026-01-02T10:00:00</CreDtTm>
    <Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>
    <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-02</Dt></Dt></Bal>
    <Ntry><NtryRef>N1</NtryRef><Amt Ccy="EUR">300.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
      <BookgDt><Dt>2026-01-02</Dt></BookgDt><BkTxCd><Prtry><Cd>RETURNS</Cd></Prtry></BkTxCd>
      <NtryDtls><Btch><NbOfTxs>3</NbOfTxs></Btch>{payment("E1", "AM04")}{payment("E2", "AC04")}{payment("E3", "MS03")}</NtryDtls>
    </Ntry></Stmt></BkToCstmrStmt></Document>"""

valid = services.validate_statement(STATEMENT)["valid"]
print("statement valid:", valid)
assert valid
for reason in ("AM04", "AC04", "MS03"):
    records = services.build_reversal(STATEMENT, reason)
    told = "; ".join("{amount} {credit_debit}, {end_to_end_id}, {reason_code}".format(**record) for record in records)
    print(f"asked {reason}: {told}")
    assert told == "300.00 CRDT, E1, AM04", "it reverses otherwise now"
PYTHON
