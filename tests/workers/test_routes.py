import re
from pathlib import Path

from app.holders.search import INDEX_HOLDERS
from app.journal.write_batch import EXPIRE_HOLD
from app.nodes.work_kinds import WORK_KINDS, work_in_words
from app.settings import load_settings
from workers.routes import make_handlers

APP = Path(__file__).parents[2] / "app"
PROMISED = re.compile(r'promise\(\s*tx,\s*[\w.()]+,\s*"(\w+)"')


def test_does_every_kind_of_work_that_is_promised_and_no_other():
    promised = {kind for file in APP.rglob("*.py") for kind in PROMISED.findall(file.read_text(encoding="utf-8"))}
    assert promised == {
        "screen_holder",
        "provision_ledger",
        "obtain_iban",
        "resubmit_ledgers",
        "send_payment",
        "receive_payment",
        "return_payment",
        "settle_deliveries",
        "replay_webhooks",
    }
    assert set(make_handlers(load_settings())) == {*promised, EXPIRE_HOLD, INDEX_HOLDERS}


def test_has_words_for_every_kind_of_work():
    assert set(WORK_KINDS) == set(make_handlers(load_settings()))
    assert work_in_words("send_payment") == "Send the payment through its bank"
    assert work_in_words("of_a_later_version") == "Of a later version"
