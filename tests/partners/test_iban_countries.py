import json
from importlib.resources import files

from app.partners.iban_countries import IBAN_COUNTRIES

WITHIN_OTHERS = {"AX", "BL", "GF", "GG", "GP", "IM", "JE", "MF", "MQ", "NC", "PF", "PM", "RE", "TF", "WF", "YT"}
"""Territories that the registry lists within FI, FR and GB."""


def test_are_those_of_swift_s_registry():
    registry = json.loads(files("schwifty").joinpath("iban_registry/generated.json").read_text(encoding="utf-8"))
    assert registry.keys() - WITHIN_OTHERS == IBAN_COUNTRIES
    assert len(IBAN_COUNTRIES) == 89
