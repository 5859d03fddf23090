"""`quaestor audit`, on a database that the test fills."""

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from app.cli import audit as command
from app.cli.exits import WrongUsage
from app.cli.main import application
from app.kernel.errors import Invalid

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def call(migrated_url, monkeypatch):
    """Run a command as the program would; answers what it printed, or raises what it refused with."""
    monkeypatch.setenv("DATABASE_URL", migrated_url)

    def invoke(*arguments):
        result = CliRunner().invoke(application, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return invoke


@pytest.fixture
def customer_ids(call):
    """Two customers; the first has a second key, whose name a spreadsheet would take for a formula."""
    ids = [json.loads(call("customers", "create", name, "--json"))["customer_id"] for name in ("One", "Two")]
    call("keys", "create", "--customer", ids[0], "--name", "=1+1")
    return ids


def rows(printed):
    return [json.loads(line) for line in printed.splitlines()]


def test_says_who_did_what_through_which_door_and_when(call, customer_ids):
    one, two = customer_ids
    told = rows(call("audit", "--jsonl"))
    assert {one, two} <= {row["customer_id"] for row in told}  # Other tests made more.
    keys_made = [row for row in told if row["type"] == "api_key.created" and row["customer_id"] == one]
    last = keys_made[-1]
    assert (last["via"], last["actor"], last["request_id"]) == ("cli", "operator", None)
    assert last["data"]["name"] == "=1+1"
    assert [row["position"] for row in told if row["customer_id"] == one] == list(
        range(1, 1 + sum(row["customer_id"] == one for row in told))
    )


def test_prints_every_page(call, customer_ids, monkeypatch):
    whole = call("audit", "--jsonl")
    monkeypatch.setattr(command, "PAGE_SIZE", 1)
    assert call("audit", "--jsonl") == whole
    assert len(whole.splitlines()) > 3


def test_narrows_by_customer_type_object_and_time(call, customer_ids):
    one, _ = customer_ids
    whole = rows(call("audit", "--jsonl"))
    assert rows(call("audit", "--jsonl", "--customer", one)) == [row for row in whole if row["customer_id"] == one]
    assert rows(call("audit", "--jsonl", "--types", "api_key.*")) == [
        row for row in whole if row["type"].startswith("api_key.")
    ]
    resource_id = whole[0]["resource_id"]
    assert rows(call("audit", "--jsonl", "--resource", resource_id)) == [
        row for row in whole if row["resource_id"] == resource_id
    ]
    middle = whole[-1]["occurred_at"]
    before, after = (rows(call("audit", "--jsonl", option, middle)) for option in ("--to", "--from"))
    assert sorted(map(str, before + after)) == sorted(map(str, whole))
    assert all(row["occurred_at"] < middle for row in before)
    assert after[-1] == whole[-1]


def test_writes_csv_that_no_spreadsheet_runs(call, customer_ids):
    told = list(csv.DictReader(io.StringIO(call("audit", "--csv"))))
    whole = rows(call("audit", "--jsonl"))
    assert tuple(told[0]) == tuple(command.COLUMNS)
    assert [row["event_id"] for row in told] == [row["event_id"] for row in whole]
    assert [json.loads(row["data"]) for row in told] == [row["data"] for row in whole]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in told for cell in row.values())


def test_prints_lines_for_people(call, customer_ids):
    printed = call("audit", "--types", "api_key.created", "--customer", customer_ids[0]).splitlines()
    assert len(printed) == 2
    assert printed[-1].endswith("by operator via cli")


@pytest.mark.parametrize(
    ("arguments", "refusal", "said"),
    [
        (["--from", "yesterday"], WrongUsage, "--from is 'yesterday'"),
        (["--to", "2026-13-01"], WrongUsage, "--to is '2026-13-01'"),
        (["--from", "2026-11-02", "--to", "2026-11-01"], WrongUsage, "--to must be later than --from"),
        (["--types", "key.made"], Invalid, "no such type of event"),
        (["--types", "ledger.balance_changed"], Invalid, "derived from transfer.posted"),
        (["--resource", "7"], Invalid, "UUID"),
        (["--customer", NOBODY], Exception, "customer"),
    ],
)
def test_refuses_what_it_cannot_read(call, arguments, refusal, said):
    with pytest.raises(refusal, match=said):
        call("audit", *arguments)


def test_refuses_two_forms_at_once(migrated_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", migrated_url)
    result = CliRunner().invoke(application, ["audit", "--csv", "--jsonl"])
    assert result.exit_code == 2
    assert "not both" in result.output
