"""Lines that are made to hurt: no line ends an import, and a dry run says of each what the import says."""

import json

import pytest
from typer.testing import CliRunner

from app.cli import import_checks
from app.cli.import_lines import Line
from app.cli.import_records import RefusedLine, open_refusals, refused_path
from app.cli.main import application
from app.kernel.errors import NotReachable
from tests.cli.test_import_commands import call, rows  # noqa: F401 - a fixture

WALLET = {"name": "default", "currency": "USD", "accountingType": "LIABILITY", "decimalPlaces": 2}
PERSON = {"party": {"person": {"name": "Ada"}}}
LEDGER = {"partnerProduct": "PayrNet-GBP-1", "asset": "GBP", "primaryUses": ["PAYMENTS"], "assetsOwnedBy": "OTHER",
          "jurisdiction": "GB"}  # fmt: skip


def account(number, **more):
    return json.dumps({"type": "GROUP", "reference": f"bad-{number}", **more})


def wallets(number, *changes):
    return account(number, wallets=[{**WALLET, **change} for change in changes])


BAD_ACCOUNTS = [
    '{"type":"GROUP","reference":"t\\ud800"}',
    '{"type":"GROUP","reference":"t\\u0000"}',
    '{"type":"GROUP","reference":"bad-m","metadata":{"x\\udfff":1}}',
    '{"type":"GROUP","reference":"bad-d","metadata":' + '{"a":' * 900 + "1" + "}" * 901,
    '{"type":"GROUP","reference":"bad-d","metadata":' + '{"a":' * 20 + "1" + "}" * 21,
    '{"type":"GROUP","reference":"bad-i","metadata":{"n":' + "9" * 4_000 + "}}",
    "[" * 100_000,
    "nonsense",
    "[]",
    "null",
    '{"type":"GROUP","reference":"a","reference":"b"}',
    '{"type":"GROUP"}',
    "{}",
    account(1, type="group"),
    account(2, type=1),
    account(3, bogus=1),
    account(4, **{"b" * 100_000: 1}),
    account(5, reference=5),
    account(6, reference="r" * 100_000),
    account(7, reference="  "),
    account(8, metadata=[]),
    account(9, metadata={"x": "y" * 20_000}),
    account(10, metadata="text"),
    account(11, holderId="nobody"),
    account(12, backingLedgerId=5),
    account(13, idempotencyKey=""),
    account(14, idempotencyKey="k" * 300),
    account(15, wallets={}),
    account(16, wallets=[None]),
    account(17, wallets=["default"]),
    account(18, wallets=[[]]),
    wallets(19, {"overdraftLimit": 5}),
    wallets(20, {"overdraftLimit": 5.5}),
    wallets(21, {"overdraftLimit": "-5"}),
    wallets(22, {"overdraftLimit": "1e2"}),
    wallets(23, {"overdraftLimit": True}),
    wallets(24, {"overdraftLimit": ["5"]}),
    wallets(25, {"overdraftLimit": "5.001"}),
    wallets(26, {"decimalPlaces": "2"}),
    wallets(27, {"decimalPlaces": 2.5}),
    wallets(28, {"decimalPlaces": 19}),
    wallets(29, {"decimalPlaces": 10**30}),
    wallets(30, {"decimalPlaces": True}),
    wallets(31, {"currency": "usd"}),
    wallets(32, {"currency": 840}),
    wallets(33, {"accountingType": "liability"}),
    wallets(34, {"allowNegative": "yes"}),
    wallets(35, {"allowNegative": True, "overdraftLimit": "5"}),
    wallets(36, {}, {}),
    wallets(37, {"name": ""}),
    wallets(38, {"scale": 2}),
    wallets(39, *({"name": f"w{number}"} for number in range(1_001))),
]
BAD_HOLDERS = [
    json.dumps({"idempotencyKey": f"bad holder {number}", **value})
    for number, value in enumerate(
        [
            {},
            {"party": None},
            {"party": {}},
            {"party": {"person": {}}},
            {"party": {"person": {"name": 5}}},
            {"party": {"person": {"name": "Ada"}, "company": {"name": "Bo"}}},
            {"party": {"person": {"name": "Ada", "dateOfBirth": "1987-02-30"}}},
            {"party": {"person": {"name": "Ada", "dateOfBirth": 1987}}},
            {**PERSON, "email": "nobody"},
            {**PERSON, "address": {"line1": "a", "city": "b", "country": "gb"}},
            {**PERSON, "address": "London"},
            {**PERSON, "metadata": 1},
            {**PERSON, "email": ["a@b.c"]},
        ]
    )
]
BAD_LEDGERS = [
    json.dumps({"idempotencyKey": f"bad ledger {number}", **LEDGER, **change})
    for number, change in enumerate(
        [
            {"jurisdiction": "gb"},
            {"jurisdiction": 1},
            {"primaryUses": "PAYMENTS AND FEES"},
            {"primaryUses": [1]},
            {"holderId": "nobody"},
            {"assetsOwnedBy": "me"},
            {"asset": None},
            {"metadata": {"a": "\ud800"}},
            {"idempotencyKey": None},
        ]
    )
]
BAD_TRANSFERS = [
    json.dumps(
        {
            "idempotencyKey": f"bad transfer {number}",
            "debitId": "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84",
            "creditId": "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a85",
            "amount": {"value": "1", "asset": "USD"},
            **change,
        }
    )
    for number, change in enumerate(
        [
            {"amount": 5},
            {"amount": {"value": 5, "asset": "USD"}},
            {"amount": {"value": "0", "asset": "USD"}},
            {"amount": {"value": "1e2", "asset": "USD"}},
            {"amount": {"value": "1", "asset": "?"}},
            {"debitId": "nobody"},
            {"debitId": 5},
            {"effectiveAt": "2026-02-30"},
            {"effectiveAt": 5},
            {"reference": 5},
            {"metadata": []},
            {"debit": {}},
            {"debitId": None, "debit": {"accountReference": "\ud800", "name": "a", "currency": "USD"}},
            {"credit": {"accountReference": "r" * 300_000, "name": "a", "currency": "USD"}},
        ]
    )
]


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("accounts", BAD_ACCOUNTS),
        ("holders", BAD_HOLDERS),
        ("ledgers", BAD_LEDGERS),
        ("transfers", BAD_TRANSFERS),
    ],
)
def test_a_dry_run_says_what_the_import_says(call, tmp_path, kind, lines):  # noqa: F811 - the fixture
    path = tmp_path / f"{kind}.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines))
    dry = call(kind, path, "--dry-run", exit_code=1)
    said = {row["line"]: (row["code"], row["message"], row["path"]) for row in rows(refused_path(path))}
    assert (dry["read"], dry["refused"]) == (len(lines), len(lines))
    assert "INTERNAL" not in {code for code, _, _ in said.values()}
    real = call(kind, path, exit_code=1)
    told = {row["line"]: (row["code"], row["message"], row["path"]) for row in rows(refused_path(path))}
    assert told == said
    assert (real["imported"], real["refused"]) == (0, len(lines))
    assert max(len(message) for _, message, _ in told.values()) < 400
    assert not any("$line" in message or "input" in way for _, message, way in told.values())


def test_a_bad_line_takes_no_other_with_it(call, tmp_path):  # noqa: F811 - the fixture
    good = [account(f"good {number}") for number in range(60)]
    path = tmp_path / "accounts.jsonl"
    mixed = [line for pair in zip(BAD_ACCOUNTS, good, strict=False) for line in pair]
    path.write_text("".join(f"{line}\n" for line in mixed))
    count = len(mixed) // 2
    assert call("accounts", path, "--dry-run", exit_code=1)["refused"] == count
    counts = call("accounts", path, exit_code=1)
    assert (counts["imported"], counts["refused"]) == (count, count)
    again = call("accounts", path, exit_code=1)
    assert (again["imported"], again["already_imported"], again["refused"]) == (0, count, count)


def test_a_csv_with_nul_is_one_refused_line(call, tmp_path):  # noqa: F811 - the fixture
    path = tmp_path / "accounts.csv"
    path.write_bytes(b"type,reference\nGROUP,a\x00b\nGROUP,csv-behind\n")
    assert call("accounts", path, exit_code=1)["refused"] == 1
    [row] = rows(refused_path(path))
    assert (row["line"], row["code"]) == (2, "UNREADABLE")


def test_a_fault_in_a_check_is_a_fault_of_its_line(call, tmp_path, monkeypatch):  # noqa: F811 - the fixture
    real = import_checks.check_content

    def check(value, kind):
        if value["reference"] == "bad-1":
            raise TypeError("a fault of ours")
        return real(value, kind)

    monkeypatch.setattr(import_checks, "check_content", check)
    path = tmp_path / "accounts.jsonl"
    path.write_text("".join(account(number) + "\n" for number in range(3)))
    assert call("accounts", path, "--dry-run", exit_code=1)["refused"] == 1
    [row] = rows(refused_path(path))
    assert (row["line"], row["code"]) == (2, "INTERNAL")


def test_leaves_no_empty_file_of_refusals(tmp_path):
    path = tmp_path / "accounts.jsonl"
    refused_path(path).write_text("of an earlier import\n")
    with pytest.raises(NotReachable), open_refusals(path):
        raise NotReachable("It does not answer.")
    assert not refused_path(path).exists()
    with open_refusals(path) as refuse:
        refuse(RefusedLine(Line(1, "", {}), "UNREADABLE", "no"))
        assert [row["line"] for row in rows(refused_path(path))] == [1]


def test_counts_one_as_one(dev, tmp_path, monkeypatch):
    monkeypatch.setenv("QUAESTOR_URL", dev.url)
    monkeypatch.setenv("QUAESTOR_API_KEY", dev.api_key)

    def said(text, *more, name="accounts.jsonl"):
        path = tmp_path / name
        path.write_text(text)
        result = CliRunner().invoke(application, ["import", "accounts", str(path), *more])
        return result.stdout.replace("\n", " ")

    assert "1 line read, nothing sent." in said(account("one") + "\n", "--dry-run")
    assert "1 account imported; its id is in" in said(account("one") + "\n")
    assert "0 accounts imported (1 was there from before); its id is in" in said(account("one") + "\n")
    told = said(account("one") + "\n" + account("two") + "\n" + account("three") + "\nnonsense\n")
    assert "2 accounts imported (1 was there from before); their ids are in" in told
    assert "1 refused: the reason is in" in told
