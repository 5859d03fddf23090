#!/usr/bin/env bash
# bai2 0.15.0: a BAI2 file that the library wrote is read back with the bank's reference as the customer's, and with a space in the text.
#
# Expected: what `bai2.write` makes of a file that was read is read again as the same transactions.
# Seen: a transaction whose funds are available as usual (funds type Z, 0, 1, 2 or none) is written with one empty field too many. Its bank
# reference is read as the customer's, and the customer's becomes part of the text. A text that does not fit in 80 characters is cut
# anywhere, and reading puts a space at the cut, so an invoice's number falls in two. No check of totals sees either.
#
# Output seen (Python 3.11.7):
#   read: bank BANK1, customer None, text 'INVOICES 1000000001 1000000002 1000000003 1000000004 1000000005'
#   written: 16,165,2500,Z,,BANK1,,INVOICES 1000000001 1000000002 1000000003 1000000004 10000
#            88,00005
#   read again: bank None, customer BANK1, text ',INVOICES 1000000001 1000000002 1000000003 1000000004 10000 00005'
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'bai2==0.15.0'
"$folder/venv/bin/python" - <<'PYTHON'
from bai2 import bai2

LINES = [
    "01,122099999,123456789,260102,0200,1,,,2/", "02,031001234,122099999,1,260101,,EUR,2/",
    "03,0123456789,EUR,010,10000,,/",
    "16,165,2500,Z,BANK1,,INVOICES 1000000001 1000000002 1000000003 1000000004 1000000005",
    "49,12500,3/", "98,12500,1,5/", "99,12500,1,7/",
]


def told(file):
    one = file.children[0].children[0].children[0]
    return f"bank {one.bank_reference}, customer {one.customer_reference}, text {one.text!r}"


file = bai2.parse_from_lines(LINES)
read = told(file)
text = bai2.write(file)
written = [line for line in text.splitlines() if line[:2] in ("16", "88")]
again = told(bai2.parse_from_string(text))
print("read:", read)
print("written:", "\n         ".join(written))
print("read again:", again)
assert read == "bank BANK1, customer None, text 'INVOICES 1000000001 1000000002 1000000003 1000000004 1000000005'"
assert again != read, "what was written is read as it was now"
assert again == "bank None, customer BANK1, text ',INVOICES 1000000001 1000000002 1000000003 1000000004 10000 00005'", "it has changed"
PYTHON
