"""`quaestor import`, against a real server."""

import json
import signal
import subprocess
import sys
import time

import httpx
import pytest
from typer.testing import CliRunner

from app.cli import import_batches
from app.cli.import_batches import outcomes_of
from app.cli.import_kinds import HOLDERS
from app.cli.import_lines import read_lines
from app.cli.import_records import Done, imported_path, open_progress, refused_path
from app.cli.main import application
from app.kernel.errors import NotReachable, Refused
from tests.cli.running_dev import clean_environment

SECONDS_MAX = 120


@pytest.fixture
def call(dev, monkeypatch):
    """Run the command as the program would; answers its JSON."""
    monkeypatch.setenv("QUAESTOR_URL", dev.url)
    monkeypatch.setenv("QUAESTOR_API_KEY", dev.api_key)

    def invoke(*arguments, exit_code=0):
        result = CliRunner().invoke(application, ["import", *map(str, arguments), "--json"])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return json.loads(result.stdout)

    return invoke


def ask(dev, document, **variables):
    headers = {"Authorization": f"API-Key {dev.api_key}"}
    with httpx.Client(trust_env=False, timeout=300) as client:
        answer = client.post(f"{dev.url}/graphql", json={"query": document, "variables": variables}, headers=headers)
    return answer.json()["data"]


def people(count, prefix):
    return [
        {
            "party": {"person": {"name": f"{prefix} {number}"}},
            "metadata": {"row": number},
            "idempotencyKey": f"{prefix} {number}",
        }
        for number in range(count)
    ]


def write(path, values):
    path.write_text("".join(json.dumps(value) + "\n" for value in values))
    return path


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def names_of(dev, prefix):
    """The names of all holders that begin so, sorted."""
    names, after = [], None
    while True:
        page = ask(
            dev,
            """query ($after: String) { holders(first: 100, after: $after) {
                 nodes { name } pageInfo { hasNextPage endCursor } } }""",
            after=after,
        )["holders"]
        names += [node["name"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return sorted(name for name in names if name.startswith(prefix))
        after = page["pageInfo"]["endCursor"]


def test_imports_each_line_once_and_says_which_ids_they_got(call, dev, tmp_path):
    path = write(tmp_path / "people.jsonl", people(120, "Import Once"))
    assert call("holders", path) == {
        "read": 120, "imported": 120, "replayed": 0, "already_imported": 0, "refused": 0, "refused_file": None,
    }  # fmt: skip
    assert len(names_of(dev, "Import Once")) == 120
    imported = rows(imported_path(path))
    assert sorted(row["line"] for row in imported) == list(range(1, 121))
    by_line = {row["line"]: row["id"] for row in imported}
    holder = ask(dev, "query ($id: ID!) { holder(id: $id) { name } }", id=by_line[7])["holder"]
    assert holder == {"name": "Import Once 6"}
    assert not refused_path(path).exists()

    again = call("holders", path)
    assert (again["imported"], again["already_imported"]) == (0, 120)
    imported_path(path).unlink()  # Even without it, the keys say what was done.
    again = call("holders", path)
    assert (again["imported"], again["replayed"]) == (0, 120)
    assert {row["line"]: row["id"] for row in rows(imported_path(path))} == by_line
    assert len(names_of(dev, "Import Once")) == 120


def test_writes_what_is_refused_beside_the_file_and_tries_it_again(call, dev, tmp_path):
    values = [
        *people(3, "Import Refused"),
        {"party": {"person": {"name": "Import Refused X", "dateOfBirth": "1820-01-01"}}, "idempotencyKey": "refused 1"},
        {"party": {"person": {"nmae": "typing"}}, "idempotencyKey": "refused 2"},
        {"party": {}, "idempotencyKey": "refused 3"},
        {"party": {"person": {"name": "Import Refused Y"}}},
    ]
    path = write(tmp_path / "people.jsonl", values)
    path.write_text(path.read_text() + "nonsense\n")
    counts = call("holders", path, exit_code=1)
    assert (counts["imported"], counts["refused"]) == (3, 5)
    refused = {row["line"]: row for row in rows(refused_path(path))}
    assert {line: (row["code"], ".".join(row["path"])) for line, row in refused.items()} == {
        4: ("VALIDATION", "party.person.dateOfBirth"),
        5: ("VALIDATION", "party.person.nmae"),
        6: ("VALIDATION", "party"),
        7: ("VALIDATION", "idempotencyKey"),
        8: ("UNREADABLE", ""),
    }
    assert refused[4]["input"] == values[3]
    assert refused[5]["message"] == "There is no field `nmae` here. Did you mean `name`?"
    assert "exactly one" in refused[6]["message"]

    values[3]["party"]["person"]["dateOfBirth"] = "1920-01-01"
    counts = call("holders", write(path, values[:4]))
    assert (counts["imported"], counts["already_imported"], counts["refused"]) == (1, 3, 0)
    assert not refused_path(path).exists()
    assert len(names_of(dev, "Import Refused")) == 4


def test_imports_ledgers_real_and_virtual_from_csv(call, dev, tmp_path):
    path = tmp_path / "ledgers.csv"
    path.write_text(
        "idempotencyKey,partnerProduct,asset,primaryUses,assetsOwnedBy,jurisdiction,metadata.batch\n"
        "csv 1,PayrNet-GBP-1,GBP,PAYMENTS|FEES,OTHER,GB,one\n"
        "csv 2,,GOLD,,,,one\n"
        "csv 3,PayrNet-GBP-9,GBP,PAYMENTS,OTHER,GB,one\n"
    )
    counts = call("ledgers", path, exit_code=1)
    assert (counts["imported"], counts["refused"]) == (2, 1)
    first, second = sorted(rows(imported_path(path)), key=lambda row: row["line"])
    found = ask(
        dev,
        "query ($a: ID!, $b: ID!) { a: ledger(id: $a) { asset primaryUses metadata } b: ledger(id: $b) { asset } }",
        a=first["id"],
        b=second["id"],
    )
    assert found == {
        "a": {"asset": "GBP", "primaryUses": ["PAYMENTS", "FEES"], "metadata": {"batch": "one"}},
        "b": {"asset": "GOLD"},
    }
    [refused] = rows(refused_path(path))
    assert refused["line"] == 4
    assert "PayrNet-GBP-1" in refused["message"]


def account(reference, **wallet):
    wallets = [{"name": "main", "currency": "USD", "accountingType": "LIABILITY", "decimalPlaces": 2, **wallet}]
    return {"type": "GROUP", "reference": reference, "wallets": wallets}


def test_imports_accounts_with_their_wallets(call, dev, tmp_path):
    path = tmp_path / "accounts.csv"
    path.write_text(
        "type,reference,metadata.crm,wallets.0.name,wallets.0.currency,wallets.0.accountingType,wallets.0.decimalPlaces,"
        "wallets.1.name,wallets.1.currency,wallets.1.accountingType,wallets.1.decimalPlaces,wallets.1.allowNegative\n"
        "GROUP,import-a,C-1,main,USD,LIABILITY,2,points,POINTS,LIABILITY,0,true\n"
        "CHART,import-b,,cash,EUR,ASSET,2,,,,,\n"
    )
    assert call("accounts", path)["imported"] == 2
    found = ask(
        dev,
        """query {
          a: account(reference: "import-a") { type metadata wallets { nodes { name currency decimalPlaces } } }
          b: account(reference: "import-b") { type wallets { nodes { name accountingType } } }
        }""",
    )
    assert found["a"]["metadata"] == {"crm": "C-1"}
    wallets = found["a"]["wallets"]["nodes"]
    assert {wallet["name"]: (wallet["currency"], wallet["decimalPlaces"]) for wallet in wallets} == {
        "main": ("USD", 2),
        "points": ("POINTS", 0),
    }
    assert found["b"] == {"type": "CHART", "wallets": {"nodes": [{"name": "cash", "accountingType": "ASSET"}]}}

    other = write(tmp_path / "other.jsonl", [account("import-a"), account("import-c")])
    counts = call("accounts", other, exit_code=1)
    assert (counts["imported"], counts["refused"]) == (1, 1)
    [refused] = rows(refused_path(other))
    assert (refused["line"], refused["code"]) == (1, "DUPLICATE_REFERENCE")


def test_a_dry_run_of_accounts_finds_what_the_content_shows(call, tmp_path):
    values = [account("dry-a"), account("dry-b", currency="usd"), account("dry-c", decimalPlaces=19), {"type": "GROUP"}]
    path = write(tmp_path / "accounts.jsonl", values)
    counts = call("accounts", path, "--dry-run", exit_code=1)
    assert (counts["read"], counts["refused"]) == (4, 3)
    refused = {row["line"]: (row["code"], row["path"]) for row in rows(refused_path(path))}
    assert refused[2] == ("VALIDATION", ["wallets", "0", "currency"])
    assert refused[3] == ("VALIDATION", ["wallets", "0", "decimalPlaces"])
    assert refused[4] == ("VALIDATION", ["reference"])


def test_a_dry_run_sends_nothing_and_finds_what_the_content_shows(call, dev, tmp_path):
    values = [
        *people(2, "Import Dry"),
        {"party": {"person": {"name": "Import Dry X", "dateOfBirth": "1820-01-01"}}},
        {"party": {"person": {"name": "Import Dry Y"}}, "address": {"country": "UK"}},
        {"party": {"person": {"name": "Import Dry Z"}}, "emial": "a@example.com"},
        {"party": {"person": {"name": "A"}, "company": {"name": "B"}}},
        {"party": {"company": {"name": "Import Dry C"}}, "email": "nobody"},
    ]
    values = [{"idempotencyKey": f"dry {n}", **one} for n, one in enumerate(values)]
    path = write(tmp_path / "people.jsonl", values)
    counts = call("holders", path, "--dry-run", exit_code=1)
    assert (counts["read"], counts["imported"], counts["refused"]) == (7, 0, 5)
    refused = {row["line"]: (row["code"], row["path"]) for row in rows(refused_path(path))}
    assert refused[3] == ("VALIDATION", ["party", "person", "dateOfBirth"])
    assert refused[4] == ("VALIDATION", ["address", "country"])
    assert refused[7] == ("VALIDATION", ["email"])
    assert (refused[5], refused[6]) == (("VALIDATION", ["emial"]), ("VALIDATION", ["party"]))
    assert not imported_path(path).exists()
    assert names_of(dev, "Import Dry") == []


@pytest.mark.thorough
def test_goes_on_after_kill_9_and_does_nothing_twice(call, dev, tmp_path):
    path = write(tmp_path / "people.jsonl", people(3_000, "Import Killed"))
    environment = clean_environment(QUAESTOR_URL=dev.url, QUAESTOR_API_KEY=dev.api_key)
    kills = 0
    for _ in range(3):
        before = imported_path(path).stat().st_size if imported_path(path).exists() else 0
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli.main", "import", "holders", str(path)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + SECONDS_MAX
        while process.poll() is None and time.monotonic() < deadline:
            if imported_path(path).exists() and imported_path(path).stat().st_size > before:
                process.send_signal(signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.005)
        process.wait()
    assert kills > 0
    counts = call("holders", path)
    assert counts["imported"] + counts["replayed"] + counts["already_imported"] == 3_000
    names = names_of(dev, "Import Killed")
    assert len(names) == len(set(names)) == 3_000
    assert len({row["id"] for row in rows(imported_path(path))}) == 3_000


def test_passes_over_a_line_that_was_torn_when_it_was_killed(tmp_path):
    path = write(tmp_path / "people.jsonl", people(2, "Torn"))
    imported_path(path).write_text('{"line": 1, "id": "a", "replayed": false, "digest": "d1"}\n{"line": 2, "id')
    with open_progress(path) as (done, file):
        assert done == {"d1"}
        file.write("next\n")
    assert imported_path(path).read_text().splitlines()[1:] == ["next"]


def test_refuses_a_second_import_of_the_same_file(call, tmp_path):
    path = write(tmp_path / "people.jsonl", people(1, "Second"))
    with open_progress(path), pytest.raises(Refused, match=r"Another import of .* is running"):
        call("holders", path)


async def test_asks_again_where_it_is_not_known_what_happened(tmp_path, monkeypatch):
    monkeypatch.setattr(import_batches, "PAUSES_SECONDS", (0.0, 0.0))
    lines = list(read_lines(write(tmp_path / "people.jsonl", people(2, "Unknown")), HOLDERS.columns))
    asked = []

    def made(name):
        return {"holder": {"id": name}, "replayed": False}

    unknown = {"message": "Something went wrong.", "extensions": {"code": "INTERNAL"}}
    answers = [
        NotReachable("It does not answer."),
        {"data": {"line1": made("a"), "line2": None}, "errors": [unknown]},
        {"data": None, "errors": [unknown]},
    ]

    async def send(document, variables):
        asked.append(sorted(variables))
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    [outcomes] = [found async for found in outcomes_of(iter(lines), HOLDERS, send)]
    assert asked == [["line1", "line2"], ["line1", "line2"], ["line2"]]
    assert isinstance(outcomes[0], Done)
    assert outcomes[1].code == "INTERNAL"
    assert outcomes[1].message.startswith("It is not known whether this was done: import the file again.")


async def test_gives_up_where_nobody_answers(tmp_path, monkeypatch):
    monkeypatch.setattr(import_batches, "PAUSES_SECONDS", (0.0, 0.0))
    lines = read_lines(write(tmp_path / "people.jsonl", people(2, "Gone")), HOLDERS.columns)
    tries = 0

    async def send(document, variables):
        nonlocal tries
        tries += 1
        raise NotReachable("It does not answer.")

    with pytest.raises(NotReachable):
        [found async for found in outcomes_of(lines, HOLDERS, send)]
    assert tries == 3
