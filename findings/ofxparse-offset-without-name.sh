#!/usr/bin/env bash
# ofxparse 0.21: a time zone of OFX without a name, such as [-5], is ignored, so that an entry of the evening is booked a day too early.
#
# OFX writes a moment as `YYYYMMDDHHMMSS.XXX[offset:name]`, and the name may be left out.
# Expected: [-5] and [-5:EST] are the same moment, and two readers agree about the moment of an entry.
# Seen: without a name the offset is dropped, without a word. 22:30 in New York on 31 January is read as 22:30 UTC, so the entry counts for
# January, while ofxtools 1.1.1 says 1 February. With a name both agree, but not about a fraction: ofxparse reads [+5.30:IST] as 5.3
# hours (18 minutes), ofxtools as 30 minutes.
#
# Output seen (Python 3.11.7):
#   20260131223000.000[-5:EST]: ofxparse 2026-02-01 03:30, ofxtools 2026-02-01 03:30
#   20260131223000.000[-5]: ofxparse 2026-01-31 22:30, ofxtools 2026-02-01 03:30
#   20260131223000.000[+5.30:IST]: ofxparse 2026-01-31 17:12, ofxtools 2026-01-31 17:00
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'ofxparse==0.21' 'ofxtools==1.1.1' 'beautifulsoup4==4.15.0' 'lxml==6.1.3'
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
from io import BytesIO
from ofxparse import OfxParser
from ofxtools.Parser import OFXTree

FILE = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20260202<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>USD
<BANKACCTFROM><BANKID>1<ACCTID>2<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20260101<DTEND>20260202
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>{}<TRNAMT>1.50<FITID>1<NAME>A</STMTTRN></BANKTRANLIST>
<LEDGERBAL><BALAMT>1.50<DTASOF>20260202</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"""


def read(moment):
    text = FILE.format(moment).encode()
    one = OfxParser.parse(BytesIO(text)).account.statement.transactions[0].date
    tree = OFXTree()
    tree.parse(BytesIO(text))
    other = tree.convert().statements[0].transactions[0].dtposted
    return f"ofxparse {one:%Y-%m-%d %H:%M}, ofxtools {other:%Y-%m-%d %H:%M}"


seen = {zone: read(f"20260131223000.000{zone}") for zone in ("[-5:EST]", "[-5]", "[+5.30:IST]")}
for zone, told in seen.items():
    print(f"20260131223000.000{zone}: {told}")
assert list(seen.values()) == [
    "ofxparse 2026-02-01 03:30, ofxtools 2026-02-01 03:30",
    "ofxparse 2026-01-31 22:30, ofxtools 2026-02-01 03:30",
    "ofxparse 2026-01-31 17:12, ofxtools 2026-01-31 17:00",
], "the libraries have changed"
PYTHON
