"""`quaestor statement`, against a real server."""

import asyncio
import csv
import io
import json
import sys
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import asyncpg
import pytest
import typer
from typer.testing import CliRunner

from app.cli.exits import ExitCode, WrongUsage, code_for
from app.cli.statement import statement
from app.embedded.data_folder import running_servers
from app.kernel.clock import utc_now
from app.kernel.errors import NotReachable, Refused
from tests.cli.bank import Bank

LONG_AGO = "2026-01-01"
TOMORROW = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()  # Also when midnight passes meanwhile.
UNKNOWN = "0197a3c2-5b6e-7c11-8f00-0123456789a8"

application = typer.Typer()
application.command()(statement)


@pytest.fixture
def call(dev, monkeypatch):
    """Run the command as the program would; answers what it printed, or raises what it refused with."""
    monkeypatch.setenv("QUAESTOR_URL", dev.url)
    monkeypatch.setenv("QUAESTOR_API_KEY", dev.api_key)

    def invoke(*arguments, exit_code=0):
        result = CliRunner().invoke(application, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return result.stdout

    return invoke


@pytest.fixture(scope="module")
def bank(dev):
    return Bank(dev)


class Story:
    """A ledger that received 100.00, paid 30.50 and then 0.01, and got 7.00 back."""

    def __init__(self, bank):
        (self.id, self.iban), (self.other_id, other_iban) = bank.issue(), bank.issue()
        self.received = bank.receive(self.id, "100.00")
        self.paid = bank.transfer(self.id, self.other_id, "30.50", "=1+1")
        self.paid_again = bank.transfer(self.id, self.other_id, "0.01")
        self.got_back = bank.transfer(self.other_id, self.id, "7.00", "Change")
        # A statement that ends now ends where something may still be posted: what the worker is writing counts.
        while bank.ask("{ settledUntil }")["settledUntil"] <= self.got_back["postedAt"]:
            pass
        settlement_id = self.received["debit"]["id"]
        other = (self.other_id, "Imogen Clarke", other_iban)
        lines = [
            (self.received, "CREDIT", "100.00", "100.00", (settlement_id, "Harbour Lettings", None), None),
            (self.paid, "DEBIT", "30.50", "69.50", other, "=1+1"),
            (self.paid_again, "DEBIT", "0.01", "69.49", other, None),
            (self.got_back, "CREDIT", "7.00", "76.49", other, "Change"),
        ]
        self.entries = [
            {
                "posted_at": transfer["postedAt"],
                "effective_at": transfer["postedAt"],
                "direction": direction,
                "amount": amount,
                "balance_after": balance,
                "counterparty_id": party[0],
                "counterparty_name": party[1],
                "counterparty_iban": party[2],
                "reference": reference,
                "transfer_id": transfer["id"],
                "reverses_transfer_id": None,
            }
            for transfer, direction, amount, balance, party, reference in lines
        ]


@pytest.fixture(scope="module")
def story(bank):
    return Story(bank)


def balances(drawn):
    return drawn["opening_balance"], drawn["closing_balance"]


def test_tells_all_that_came_and_went_oldest_first(call, story):
    drawn = json.loads(call(story.id, "--from", LONG_AGO, "--json"))

    assert drawn["entries"] == story.entries
    assert (drawn["ledger_id"], drawn["iban"], drawn["asset"], drawn["scale"]) == (story.id, story.iban, "GBP", 2)
    assert balances(drawn) == ("0.00", "76.49")
    assert drawn["from"] == "2026-01-01T00:00:00.000000Z"


def test_finds_a_ledger_by_its_iban(call, story):
    spaced = " ".join((story.iban[:4], story.iban[4:8], story.iban[8:].lower()))

    assert json.loads(call(spaced, "--from", LONG_AGO, "--json"))["ledger_id"] == story.id


def test_ends_before_the_instant_where_the_next_one_begins(call, story):
    middle = story.paid_again["postedAt"]

    first = json.loads(call(story.id, "--from", LONG_AGO, "--to", middle, "--json"))
    second = json.loads(call(story.id, "--from", middle, "--to", TOMORROW, "--json"))

    assert (first["entries"], balances(first), first["to"]) == (story.entries[:2], ("0.00", "69.50"), middle)
    assert (second["entries"], balances(second), second["from"]) == (story.entries[2:], ("69.50", "76.49"), middle)
    assert second["to"] < TOMORROW


@pytest.mark.parametrize("seconds_off", [-15, 15])
def test_ends_by_the_servers_clock_not_by_the_callers(call, story, bank, monkeypatch, seconds_off):
    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(seconds=seconds_off)

    for name, module in list(sys.modules.items()):
        if name.startswith("app.") and getattr(module, "datetime", None) is datetime:
            monkeypatch.setattr(module, "datetime", Wrong)
    assert abs((utc_now() - datetime.now(UTC)).total_seconds() - seconds_off) < 5

    before = bank.ask("{ settledUntil }")["settledUntil"]
    drawn = json.loads(call(story.id, "--from", LONG_AGO, "--json"))

    assert before <= drawn["to"] <= bank.ask("{ settledUntil }")["settledUntil"]
    assert drawn["entries"] == story.entries


def test_tells_of_a_time_in_which_nothing_happened(call, story):
    drawn = json.loads(call(story.id, "--from", LONG_AGO, "--to", "2026-01-02T12:00:00+01:00", "--json"))

    assert (drawn["entries"], balances(drawn)) == ([], ("0.00", "0.00"))
    assert drawn["to"] == "2026-01-02T11:00:00.000000Z"


def test_prints_csv_that_no_spreadsheet_takes_for_formulas(call, story):
    rows = list(csv.DictReader(io.StringIO(call(story.id, "--from", LONG_AGO, "--csv"))))

    cells = {None: "", "=1+1": "'=1+1"}
    assert rows[1:-1] == [
        {
            **{name: value for name, value in entry.items() if name != "reverses_transfer_id"},
            "asset": "GBP",
            "reference": cells.get(entry["reference"], entry["reference"]),
            "counterparty_iban": entry["counterparty_iban"] or "",
        }
        for entry in story.entries
    ]
    opening, closing = rows[0], rows[-1]
    assert (opening["direction"], opening["balance_after"], opening["amount"]) == ("OPENING", "0.00", "")
    assert opening["posted_at"] == "2026-01-01T00:00:00.000000Z"
    assert (closing["direction"], closing["balance_after"], closing["transfer_id"]) == ("CLOSING", "76.49", "")


def test_prints_a_table(call, story):
    lines = call(story.id, "--from", LONG_AGO).splitlines()

    assert lines[0] == f"Ledger {story.id} ({story.iban}), GBP"
    assert lines[1].startswith("From 2026-01-01T00:00:00.000000Z to ")
    assert [line.split() for line in lines[4:]] == [
        ["opening", "0.00"],
        [story.received["postedAt"], "credit", "100.00", "100.00", story.received["id"], "Harbour", "Lettings"],
        [story.paid["postedAt"], "debit", "30.50", "69.50", story.paid["id"], "Imogen", "Clarke,", "=1+1"],
        [story.paid_again["postedAt"], "debit", "0.01", "69.49", story.paid_again["id"], "Imogen", "Clarke"],
        [story.got_back["postedAt"], "credit", "7.00", "76.49", story.got_back["id"], "Imogen", "Clarke,", "Change"],
        ["closing", "76.49"],
    ]


def test_leaves_out_the_names_that_the_key_may_not_read(call, story, bank, monkeypatch):
    monkeypatch.setenv("QUAESTOR_API_KEY", key_with(bank, ["ledgers:read", "transfers:read"]))

    drawn = json.loads(call(story.id, "--from", LONG_AGO, "--json"))

    settlement = "Settlement with PayrNet-GBP-1"
    assert [entry["counterparty_name"] for entry in drawn["entries"]] == [settlement, None, None, None]
    assert [entry["counterparty_id"] for entry in drawn["entries"]] == [
        entry["counterparty_id"] for entry in story.entries
    ]


def test_refuses_a_key_that_may_not_read_entries(call, story, bank, monkeypatch):
    monkeypatch.setenv("QUAESTOR_API_KEY", key_with(bank, ["ledgers:read"]))

    with pytest.raises(Refused, match="transfers:read") as refused:
        call(story.id, "--from", LONG_AGO)
    assert code_for(refused.value) is ExitCode.REFUSED


def key_with(bank, scopes):
    made = bank.change("createApiKey", "... on ApiKeySuccess { key }", name="statements", scopes=scopes)
    return made["key"]


@pytest.mark.parametrize("unknown", [UNKNOWN, "GB33BUKB20201555555555"])
def test_refuses_a_ledger_that_is_not_there(call, unknown):
    with pytest.raises(Refused, match=unknown):
        call(unknown, "--from", LONG_AGO)


def test_refuses_a_statement_that_does_not_add_up_and_prints_nothing(call, story, dev):
    change = "UPDATE transfers SET debit_balance_after = debit_balance_after + $2 WHERE id = $1"
    change_rows(dev, change, story.paid["id"], 1)
    try:
        with pytest.raises(Refused, match=story.paid["id"]) as refused:
            call(story.id, "--from", LONG_AGO)
        # Cut there, the wrong balance is only in the opening or the closing one.
        for span in (
            ("--from", story.paid_again["postedAt"]),
            ("--from", LONG_AGO, "--to", story.paid_again["postedAt"]),
        ):
            with pytest.raises(Refused, match="does not add up"):
                call(story.id, *span)
    finally:
        change_rows(dev, change, story.paid["id"], -1)
    assert str(refused.value) == (
        f"This statement does not add up: the balance after transfer {story.paid['id']} is 6951 minor units, and the "
        "entries make it 6950. Have the operator run `quaestor verify`."
    )


def change_rows(dev, sql, *arguments):
    async def execute():
        connection = await asyncpg.connect(running_servers(dev.data_dir).database_url)
        await connection.execute(sql, *arguments)
        await connection.close()

    asyncio.run(execute())


def test_adds_up_while_money_moves(call, bank):
    (first, _), (second, _) = bank.issue(), bank.issue()
    bank.receive(first, "100.00")
    is_over = threading.Event()

    def pay():
        while not is_over.is_set():
            bank.transfer(first, second, "0.01")

    payer = threading.Thread(target=pay)
    payer.start()
    try:
        drawn, counts = [], []
        while len(drawn) < 5 or counts[-1] == counts[0]:
            drawn.append(json.loads(call(first, "--from", LONG_AGO, "--json")))
            counts.append(len(drawn[-1]["entries"]))
    finally:
        is_over.set()
        payer.join()

    assert sorted(counts) == counts
    for one in drawn:
        assert one["closing_balance"] == one["entries"][-1]["balance_after"]


@pytest.mark.thorough
def test_chains_so_that_each_entry_is_in_one_statement(call, bank):
    """Each begins where the one before it ended, while ten writers are at work: nothing is repeated or left out."""
    (first, _), (second, _) = bank.issue(), bank.issue()
    bank.receive(first, "100.00")
    bank.receive(second, "100.00")
    is_over = threading.Event()

    def pay(number):
        pair = (first, second) if number % 2 else (second, first)
        while not is_over.is_set():
            bank.transfer(*pair, "0.01")

    writers = [threading.Thread(target=pay, args=(number,)) for number in range(10)]
    for writer in writers:
        writer.start()
    chain = [json.loads(call(first, "--from", LONG_AGO, "--json"))]
    try:
        while len(chain) < 12:
            chain.append(json.loads(call(first, "--from", chain[-1]["to"], "--json")))
    finally:
        is_over.set()
        for writer in writers:
            writer.join()
    chain.append(json.loads(call(first, "--from", chain[-1]["to"], "--to", TOMORROW, "--json")))

    whole = json.loads(call(first, "--from", LONG_AGO, "--json"))
    assert [entry for one in chain for entry in one["entries"]] == whole["entries"]
    assert all(one["closing_balance"] == following["opening_balance"] for one, following in pairwise(chain))
    assert chain[-1]["closing_balance"] == whole["closing_balance"]
    assert sum(bool(one["entries"]) for one in chain) > 3  # They did write meanwhile.


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "soon"), "--from is 'soon': give a date like 2026-11-01"),
        (("--from", "1969-12-31"), "of the years 1970 to 9998"),
        (("--to", "9999-12-31T23:59:59.9999999Z", "--from", "2026-01-01"), "of the years 1970 to 9998"),
        (("--from", "2026-02-30"), "--from is '2026-02-30'"),
        (("--from", "2026-11-01T12:00:00"), "--from is '2026-11-01T12:00:00'"),
        (("--from", LONG_AGO, "--to", "x"), "--to is 'x'"),
        (("--from", "2026-01-02", "--to", "2026-01-02"), "begins before it ends"),
        (("--from", TOMORROW), "not in the future"),
    ],
)
def test_exits_2_for_an_instant_that_cannot_be(call, story, options, said):
    with pytest.raises(WrongUsage) as refused:
        call(story.id, *options)
    assert said in str(refused.value)
    assert code_for(refused.value) is ExitCode.WRONG_USAGE


def test_exits_2_for_two_formats_and_for_no_beginning(call, story):
    call(story.id, "--from", LONG_AGO, "--csv", "--json", exit_code=2)
    call(story.id, exit_code=2)


def test_begins_as_early_as_you_like(call, story):
    assert json.loads(call(story.id, "--from", "1970-01-01", "--json"))["entries"] == story.entries


def test_exits_3_where_no_server_runs(call, tmp_path, monkeypatch):
    monkeypatch.delenv("QUAESTOR_URL")
    with pytest.raises(NotReachable, match="Set QUAESTOR_URL and QUAESTOR_API_KEY") as refused:
        call(UNKNOWN, "--from", LONG_AGO, "--data-dir", str(tmp_path))
    assert code_for(refused.value) is ExitCode.NOT_REACHABLE


def test_uses_the_dev_of_the_data_folder(call, story, dev, monkeypatch):
    monkeypatch.delenv("QUAESTOR_URL")
    monkeypatch.delenv("QUAESTOR_API_KEY")

    assert json.loads(call(story.id, "--from", LONG_AGO, "--json", "--data-dir", str(dev.data_dir)))["entries"]
