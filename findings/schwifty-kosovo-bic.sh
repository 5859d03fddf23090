#!/usr/bin/env bash
# schwifty 2026.10.1: accepts IBANs of Kosovo, but refuses the BIC of every bank there.
#
# Expected: a country whose IBANs are valid may have BICs too. Kosovo's code is XK in IBANs and BICs alike.
# Seen: a BIC's country is looked up in ISO 3166 alone, which has no XK, so a BIC with it is "Invalid country code". A payment that needs
# both is refused. No other country of the library's table of IBANs has this. python-stdnum 2.2 accepts the same BIC.
#
# Output seen (Python 3.11.7, pycountry 26.2.16):
#   IBAN XK051212012345678906: valid
#   schwifty, BIC AAAAXKPR: Invalid country code 'XK'
#   python-stdnum, BIC AAAAXKPR: valid
#   countries with IBANs, but no BICs: XK
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'schwifty==2026.10.1' 'pycountry==26.2.16' 'python-stdnum==2.2'
"$folder/venv/bin/python" - <<'PYTHON'
from itertools import product
from string import ascii_uppercase

from schwifty import BIC, IBAN, registry
from stdnum import bic


def told(check, text):
    try:
        check(text)
    except ValueError as problem:
        return str(problem)
    return "valid"


def countries():
    """Those that have a format of IBAN in the library's table."""
    for country in map("".join, product(ascii_uppercase, repeat=2)):
        try:
            registry.get_iban_spec(country)
        except ValueError:
            continue
        yield country


iban = told(IBAN, "XK051212012345678906")
ours = told(BIC, "AAAAXKPR")
theirs = told(bic.validate, "AAAAXKPR")
without = [country for country in countries() if told(BIC, f"AAAA{country}PR") != "valid"]
print("IBAN XK051212012345678906:", iban)
print("schwifty, BIC AAAAXKPR:", ours)
print("python-stdnum, BIC AAAAXKPR:", theirs)
print("countries with IBANs, but no BICs:", *without)
assert iban == "valid" and theirs == "valid"
assert ours == "Invalid country code 'XK'" and without == ["XK"], "schwifty has changed"
PYTHON
