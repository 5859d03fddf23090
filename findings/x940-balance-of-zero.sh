#!/usr/bin/env bash
# x940 0.1.1: a statement of MT940 whose opening or closing balance is zero is refused, as if the field were missing.
#
# What one expects: a reader takes `:60F:C261001EUR0,00` for an opening balance of zero.
# Seen: "Missing mandatory tag :60F:". The same statement with an opening balance of a cent is read. A new account, and one that
# was emptied, cannot be read. Also seen: the hyphen that ends a message (SWIFT's own form) is read into the last amount, so a
# message is only read without it; and balances have no sign: one marked D is above zero.
#
# Output seen (Python 3.11.7):
#   opening 0,00: Missing mandatory tag :60F:
#   closing 0,00: Missing mandatory tag :62F:
#   opening 0,01, closing 0,02: opening 0.01, closing 0.02
#   opening D 0,01: opening 0.01
#   with the hyphen at its end: Invalid amount '0,02-' in tag (amount field)
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'x940==0.1.1'
"$folder/venv/bin/python" - <<'PYTHON'
import x940


def read(opening, closing, ending=""):
    lines = [
        ":20:STATEMENT1", ":25:DE89370400440532013000", ":28C:1/1", f":60F:{opening}",
        ":61:2601030103C0,01NTRFPAID//B1", ":86:PAID", f":62F:{closing}",
    ]
    try:
        found = x940.MT940("\r\n".join(lines) + "\r\n" + ending)
    except ValueError as problem:
        return str(problem).partition(" (B")[0].partition(" (STATEMENT1")[0]
    return f"opening {found.opening_balance}, closing {found.closing_balance}"


seen = {
    "opening 0,00": read("C260101EUR0,00", "C260131EUR0,01"),
    "closing 0,00": read("D260101EUR0,01", "C260131EUR0,00"),
    "opening 0,01, closing 0,02": read("C260101EUR0,01", "C260131EUR0,02"),
    "opening D 0,01": read("D260101EUR0,01", "C260131EUR0,02").partition(",")[0],
    "with the hyphen at its end": read("C260101EUR0,01", "C260131EUR0,02", "-\r\n"),
}
for name, told in seen.items():
    print(f"{name}: {told}")
assert list(seen.values()) == [
    "Missing mandatory tag :60F:",
    "Missing mandatory tag :62F:",
    "opening 0.01, closing 0.02",
    "opening 0.01",
    "Invalid amount '0,02-' in tag (amount field)",
], "what it makes of these has changed"
PYTHON
