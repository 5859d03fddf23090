from app.cli.demo_table import summary_text
from app.demo.progress import LedgerLine, Progress, summarize
from app.demo.receiver import Receipt


def receipt(message_id, version, status, *, iban=None, resource_id="ledger-1", milliseconds=10.0):
    data = {"version": version, "status": status, "iban": iban, "iban_status": "OK" if iban else "NOT_REQUESTED"}
    return Receipt(message_id, f"ledger.status.{status.lower()}", resource_id, data, milliseconds)


def test_brings_in_what_came_before_the_answer():
    progress = Progress()
    progress.take(receipt("a", 2, "OK"))
    progress.add(LedgerLine("ledger-1", "Ada", "GBP", "PENDING"))

    assert (progress.lines["ledger-1"].status, progress.lines["ledger-1"].milliseconds) == ("OK", [10.0])
    assert progress.early == []


def test_does_not_go_back_to_an_earlier_version():
    line = LedgerLine("ledger-1", "Ada", "GBP", "PENDING")
    line.take(receipt("b", 3, "OK", iban="GB72PAYR04005200000002"))
    line.take(receipt("a", 1, "PENDING"))

    assert (line.status, line.iban, len(line.milliseconds)) == ("OK", "GB72PAYR04005200000002", 2)


def test_shows_the_balance_of_the_latest_entry():
    line = LedgerLine("ledger-1", "Ada", "GBP", "OK")
    for sequence, posted in (("2", "7.00"), ("1", "10.00")):
        data = {"sequence": sequence, "balance": {"posted": {"value": posted}}}
        line.take(Receipt(f"m-{sequence}", "ledger.balance_changed", "ledger-1", data, 1.0))

    assert (line.balance, line.status, len(line.milliseconds)) == ("7.00", "OK", 2)


def test_does_not_go_back_to_a_pending_payment():
    progress = Progress()
    for status in ("ACCEPTED", "PENDING"):
        progress.take(Receipt(status, f"payment.status.{status.lower()}", "payment-1", {"status": status}, 1.0))

    assert progress.payment_statuses == {"payment-1": "ACCEPTED"}


def test_is_not_complete_when_the_books_do_not_balance():
    progress = Progress(expected={"a"}, balanced=False)
    summary = summarize(progress, {"a": receipt("a", 1, "OK")}, unverified=0, repeated=0)

    assert (summary["complete"], summary["money"]) == (False, {"transfers": 0, "balanced": False})


def summary_of(*, expected, received, unverified=0):
    progress = Progress(url="http://127.0.0.1:1", expected=set(expected))
    receipts = {name: receipt(name, 1, "OK", milliseconds=float(index)) for index, name in enumerate(received, start=1)}
    return summarize(progress, receipts, unverified=unverified, repeated=0)


def test_is_complete_only_with_every_expected_message_and_no_unverified_one():
    assert summary_of(expected="abc", received="abcx")["complete"] is True
    assert summary_of(expected="abc", received="ab")["complete"] is False
    assert summary_of(expected="abc", received="abc", unverified=1)["complete"] is False
    assert summary_of(expected="", received="")["complete"] is False


def test_counts_only_what_was_expected():
    summary = summary_of(expected="abc", received="abcx")

    assert summary["webhooks"] == {"expected": 3, "verified": 3, "unverified": 0, "repeated": 0}
    assert summary["milliseconds_from_event_to_receipt"] == {"median": 2.0, "slowest": 3.0}


def test_asks_for_the_worker_when_something_is_missing():
    text = summary_text(summary_of(expected="abc", received=""))

    assert text.splitlines()[-1] == "Something is missing: is a worker running, and can it reach this machine?"
