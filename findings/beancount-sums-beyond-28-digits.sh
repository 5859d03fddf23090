#!/usr/bin/env bash
# beancount 3.2.3: amounts of 29 digits are read exactly, but added with 28, so a right balance assertion fails.
#
# What one expects: `bean-check` adds Python decimals exactly, so two postings of 29 digits and their exact sum
# pass, and a sum that is wrong by one fails.
# Seen: the other way round where the sum needs more than 28 digits. Python's default context rounds each addition to 28
# digits without a word, so the exact sum fails, and the rounded one, which is wrong by one, passes with a tolerance of zero.
#
# Output seen (Python 3.11.7):
#   exact sum: Balance failed for 'Assets:A': expected 10000000000000000000000000001 X != accumulated 10000000000000000000000000000 X (1 too little)
#   rounded sum: accepted
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'beancount==3.2.3'
"$folder/venv/bin/python" - <<'PYTHON'
from beancount import loader

BOOKS = """
2026-01-01 open Assets:A X
2026-01-01 open Equity:B X
2026-01-02 * "first"
  Assets:A  10000000000000000000000000000 X
  Equity:B -10000000000000000000000000000 X
2026-01-03 * "second"
  Assets:A  1 X
  Equity:B -1 X
2026-01-04 balance Assets:A {} ~ 0 X
"""


def check(total):
    _, errors, _ = loader.load_string(BOOKS.format(total))
    return errors[0].message if errors else "accepted"


exact, rounded = check(10**28 + 1), check(10**28)
print(f"exact sum: {exact}")
print(f"rounded sum: {rounded}")
assert exact.startswith("Balance failed for 'Assets:A'"), "it adds exactly now"
assert rounded == "accepted"
PYTHON
