"""docs/rest.md: each of its examples runs, one after another, against a running server."""

import json
import re
from pathlib import Path

from app.api.rest.operations import OPERATIONS
from tests.api.rest.test_against_the_document import working
from tests.needed_programs import needed
from tests.seeds.conftest import run

PAGE = (Path(__file__).parents[2] / "docs" / "rest.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
ASSIGNED = re.compile(r"\b([A-Z_]+)=(\S+)")
READ_FROM = {
    "ENDUSER_ID": "enduser_id",
    "LEDGER_ID": "ledger_id",
    "EUROS_ID": "ledger_id",
    "GOLD_ID": "ledger_id",
    "OTHER_GOLD_ID": "ledger_id",
    "TRANSACTION_ID": "transaction_id",
    "PAYMENT_ID": "payment_id",
    "WALLET_ID": "wallet_id",
    "IBAN": "iban",
    "SORT_CODE": "uk_sort_code",
    "ACCOUNT_NUMBER": "uk_account_number",
}
"""What the page says to put in, and of which answer before it."""
ARRIVE = """mutation ($input: SimulatePaymentInput!) { simulateIncomingPayment(input: $input) { __typename } }"""


def test_has_an_example_of_each_operation():
    words = [re.sub(r"\{[a-z_]+\}", '[^/?"]+', one.path) for one in OPERATIONS]
    for one, word in zip(OPERATIONS, words, strict=True):
        method = {"GET": r"curl -s -H", "POST": r"curl -s(?: -X POST)? \"", "PUT": r"curl -s -X PUT \""}[one.method]
        assert any(re.search(rf"{word}/?[?\"]", text) and re.search(method, text) for text in EXAMPLES), one.name


async def test_runs_every_example(url, demo_key, work, tmp_path):
    needed("curl")
    (tmp_path / ".quaestor").mkdir()
    (tmp_path / ".quaestor" / "api-key").write_text(demo_key)
    known, answers = {}, []
    async with working(work):
        for example in EXAMPLES:
            for name, _ in ASSIGNED.findall(example):
                known.setdefault(name, newest(answers, READ_FROM[name]))
            if '/v1/customer/payments"' in example:
                await let_money_arrive(url, demo_key, known["LEDGER_ID"])
            code = ASSIGNED.sub(lambda found: f"{found[1]}={known[found[1]]}", example)
            code = code.replace("http://127.0.0.1:8000", url).replace("curl -s", "curl -sS --fail-with-body")
            said = await run("bash", "-c", f"cd {tmp_path}\n{code}")
            answers.append(json.loads(said) if said.startswith(("{", "[")) else said)
    assert [one["transaction_status"] for one in answers if isinstance(one, dict) and "transaction_status" in one] == [
        "transaction-status-posted",
        "transaction-status-posted",  # By its key.
    ]


def newest(answers, key):
    return next(one[key] for one in reversed(answers) if isinstance(one, dict) and key in one)


async def let_money_arrive(url, key, ledger_id):
    amount = {"value": "100.00", "asset": "GBP"}
    variables = {"input": {"idempotencyKey": "salary", "ledgerId": ledger_id, "amount": amount}}
    headers = ("-H", f"Authorization: API-Key {key}", "-H", "Content-Type: application/json")
    said = await run(
        "curl", "-sS", *headers, "-d", json.dumps({"query": ARRIVE, "variables": variables}), f"{url}/graphql"
    )
    assert "PaymentSuccess" in said
