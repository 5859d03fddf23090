#!/usr/bin/env bash
# pydantic 2.14.4: a JSON number for a `Decimal` goes through a float, so an amount of 17 digits or more is changed without an error.
#
# Expected: `model_validate_json` reads text, so {"amount": 1234567890123456.78} is that very Decimal. A long whole number is read exactly, and so
# is the same number in quotes.
# Seen: a number with a fraction becomes a float and then a Decimal of the float's shortest form. Two cents are gone, 10.00 arrives as
# 10 and has lost its scale. `json.loads(..., parse_float=Decimal)` before `model_validate`, or msgspec 0.23.0, keeps each digit.
#
# Output seen (Python 3.11.7):
#   1234567890123456.78: pydantic 1234567890123456.8, msgspec 1234567890123456.78
#   12345678901234567.89: pydantic 12345678901234568, msgspec 12345678901234567.89
#   10.00: pydantic 10, msgspec 10.00
#   123456789012345678901234: pydantic 123456789012345678901234, msgspec 123456789012345678901234
#   "1234567890123456.78": pydantic 1234567890123456.78, msgspec 1234567890123456.78
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'pydantic==2.14.4' 'msgspec==0.23.0'
"$folder/venv/bin/python" - <<'PYTHON'
import json
from decimal import Decimal
import msgspec, pydantic

AMOUNTS = ("1234567890123456.78", "12345678901234567.89", "10.00", "123456789012345678901234", '"1234567890123456.78"')


class Payment(pydantic.BaseModel):
    amount: Decimal


class Other(msgspec.Struct):
    amount: Decimal


seen = []
for amount in AMOUNTS:
    text = '{"amount": %s}' % amount
    one = str(Payment.model_validate_json(text).amount)
    other = str(msgspec.json.decode(text, type=Other).amount)
    print(f"{amount}: pydantic {one}, msgspec {other}")
    assert other == amount.strip('"')
    by_hand = Payment.model_validate(json.loads(text, parse_float=Decimal)).amount
    assert str(by_hand) == amount.strip('"')
    seen.append(one)
assert seen == ["1234567890123456.8", "12345678901234568", "10", AMOUNTS[3], "1234567890123456.78"], "pydantic reads otherwise now"
PYTHON
