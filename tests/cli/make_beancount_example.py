"""Makes `beancount_example.json.xz`, by hand, where beancount is installed:

    bean-example --seed 7 --date-birth 1968-01-01 --date-begin 1990-01-01 --date-end 2026-01-01 -o example.beancount
    python tests/cli/make_beancount_example.py example.beancount

It has each transaction with its postings, and beancount's own balance of each account and currency at the end of each
day on which it changed.
"""

import json
import lzma
import sys
from importlib import import_module
from pathlib import Path


def read(path):
    """The transactions of a journal, and the balances."""
    loader, data = import_module("beancount.loader"), import_module("beancount.core.data")
    inventory = import_module("beancount.core.inventory")
    entries, errors, _ = loader.load_file(path)
    assert not errors, errors
    held, transactions, ends = {}, [], {}
    for entry in entries:
        if isinstance(entry, data.Transaction):
            day, postings = entry.date.isoformat(), entry.postings
            transactions.append([day, [[one.account, str(one.units.number), one.units.currency] for one in postings]])
            for one in postings:
                held.setdefault(one.account, inventory.Inventory()).add_position(one)
                units = held[one.account].get_currency_units(one.units.currency).number
                ends[day, one.account, one.units.currency] = str(units)
    return {"transactions": transactions, "balances": [[*key, units] for key, units in sorted(ends.items())]}


if __name__ == "__main__":
    with lzma.open(Path(__file__).with_name("beancount_example.json.xz"), "wt", preset=9) as file:
        json.dump(read(sys.argv[1]), file, separators=(",", ":"))
