"""The countries of SWIFT's IBAN registry, by the two letters that their IBANs begin with.

Territories whose IBANs begin with another country's letters are not listed: those of Jersey, Guernsey and the Isle of
Man begin with GB, those of French Guiana with FR. Formats that a country has only proposed are not listed either.
"""

_CODES = """
AD AE AL AT AZ BA BE BG BH BI BR BY CH CR CY CZ DE DJ DK DO EE EG ES FI FK FO FR GB GE GI GL GR GT HN HR HU IE IL IQ IS
IT JO KW KZ LB LC LI LT LU LV LY MC MD ME MK MN MR MT MU NI NL NO OM PK PL PS PT QA RO RS RU SA SC SD SE SI SK SM SO ST
SV TL TN TR UA VA VG XK YE
"""

IBAN_COUNTRIES = frozenset(_CODES.split())
