"""What the pages say exists: queries against the schema, links, names of events, settings and magic values."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidSignature
from graphql import build_schema, parse, validate

from app.access.api_key import describe_api_key
from app.cli.lazy_commands import MODULES
from app.cli.main import SUMMARIES
from app.events.event_types import EVENT_TYPES, is_known
from app.holders.events import describe_holder
from app.holders.screening import VERDICTS
from app.journal.closed_books import BooksChange, describe_books
from app.journal.events import describe_hold, transfer_posted
from app.journal.posting_accounts import Book
from app.journal.records import Side, Transfer
from app.journal.status import HoldStatus, TransferKind
from app.kafka_settings import ANSWERS, COMMANDS, DEAD_LETTERS_SUFFIX
from app.kernel.actor import ALL_SCOPES, worker_actor
from app.kernel.money import Unit
from app.ledgers.events import describe_ledger
from app.payments.events import describe_payment
from app.settings import SECRETS, Settings
from app.webhooks.events import describe_delivery, describe_endpoint
from app.webhooks.message_body import NOTIFICATION_TYPES, message_body
from app.webhooks.signature import signed_headers
from app.webhooks.signing_secret import new_signing_key, private_key, public_key_text, secret_text
from app.webhooks.status import DeliveryStatus, Payload

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "examples" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[a-z]*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)(?P<target>[^)#\s]+)(#[^)]*)?\)")
SETTING = re.compile(
    r"\b(?:(?:QUAESTOR|DATABASE|REDIS)_[A-Z_]+[A-Z]|OTEL_EXPORTER_OTLP_(?:ENDPOINT|HEADERS|PROTOCOL)(?:_FILE)?)\b"
)
NOUNS = "api_key|holder|ledger|wallet|transfer|hold|payment|webhook|webhook_delivery|webhook_endpoint|work"
EVENT = re.compile(rf"`((?:{NOUNS})\.[a-z_.]+(?:\*)?)`")
MAGIC = re.compile(r'\bsimulate"?: *(\[[^\]]*\]|"[^"]*")')
BANK_MAGIC = {"decline", "unavailable", "slow", "decline-iban", "unable-to-advance"}
SCREENING_MAGIC = {*VERDICTS, "unavailable", "slow"}
TOPICS = {COMMANDS, ANSWERS, f"{COMMANDS}{DEAD_LETTERS_SUFFIX}"}
# Settings of tests, not of the product.
OTHER_VARIABLES = {
    *("QUAESTOR_TEST_EXAMPLES", "QUAESTOR_TEST_CHAOS_SECONDS", "QUAESTOR_TEST_SEED"),
    *("QUAESTOR_WRITE_SCREENSHOTS", "QUAESTOR_TEST_POSTGRES_15_BIN"),
} | {
    name
    for file in (ROOT / "benchmarks").glob("*.py")
    for name in re.findall(r"QUAESTOR_BENCHMARK_\w+", file.read_text())
}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    return [found["text"] for found in FENCE.finditer(page.read_text("utf-8")) if found["language"] == language]


def blocks_of_all(language: str) -> list:
    return [
        pytest.param(text, id=f"{name_of(page)}-{number}")
        for page in PAGES
        for number, text in enumerate(blocks(page, language), start=1)
    ]


@pytest.fixture(scope="module")
def schema():
    return build_schema((ROOT / "schema.graphql").read_text("utf-8"))


@pytest.mark.parametrize("text", blocks_of_all("graphql"))
def test_shows_queries_that_the_schema_knows(schema, text):
    assert validate(schema, parse(text)) == []


@pytest.mark.parametrize("text", blocks_of_all("json"))
def test_shows_json_that_is_json(text):
    for line in [text] if text.lstrip().startswith(("{\n", "[\n")) else text.splitlines():
        json.loads(line)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_only_to_what_there_is(page):
    targets = [found["target"] for found in LINK.finditer(page.read_text("utf-8"))]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_names_only_files_of_tests_that_there_are(page):
    named = re.findall(r"`((?:tests|benchmarks)/[a-z0-9_/]+(?:\.py|/)?)`", page.read_text("utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def settings_named_in(text: str) -> set[str]:
    return set(SETTING.findall(text)) - OTHER_VARIABLES


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_names_only_settings_that_there_are(page):
    known = {field.alias for field in Settings.model_fields.values()} | {f"{secret}_FILE" for secret in SECRETS}
    assert settings_named_in(page.read_text("utf-8")) <= known | OTHER_VARIABLES


def test_documents_every_setting():
    named = settings_named_in((ROOT / "docs" / "settings.md").read_text("utf-8"))
    assert {field.alias for field in Settings.model_fields.values()} <= named


@pytest.mark.parametrize("page", ["settings.md", "running.md"])
def test_names_every_command_that_asks_the_api(page):
    asking = re.compile(r"^from app\.cli\.(running|demo)_server import", re.MULTILINE)
    sources = {name: ROOT / "app" / "cli" / f"{MODULES.get(name, name)}.py" for name in SUMMARIES}
    text = (ROOT / "docs" / page).read_text("utf-8")
    names = r"((?:`\w+`(?:, | and )?){2,})"
    [named] = re.findall(rf"ask the API like any client \({names}\)|{names} ask the API like any client", text)
    assert set(re.findall(r"`(\w+)`", "".join(named))) == {
        name for name, source in sources.items() if asking.search(source.read_text("utf-8"))
    }


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_names_only_events_that_there_are(page):
    named = {name for name in EVENT.findall(page.read_text("utf-8")) if not name.endswith((".md", ".status", ".py"))}
    named -= TOPICS
    assert [name for name in sorted(named) if not is_known(name)] == []


def test_documents_every_event_and_notification():
    text = (ROOT / "docs" / "events.md").read_text("utf-8")
    assert [name for name in [*EVENT_TYPES, *NOTIFICATION_TYPES.values()] if f"`{name}`" not in text] == []


def magic_values_in(text: str) -> set[str]:
    return {value for found in MAGIC.findall(text) for value in re.findall(r'"([^"]*)"', found)}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_names_only_magic_values_that_there_are(page):
    assert magic_values_in(page.read_text("utf-8")) <= BANK_MAGIC | SCREENING_MAGIC


def test_documents_every_magic_value_that_the_code_obeys():
    text = (ROOT / "docs" / "magic-values.md").read_text("utf-8")
    code = "".join((ROOT / "app" / place).read_text("utf-8") for place in (
        "holders/screening.py", "partners/adapters/simulator.py",
    ))  # fmt: skip
    assert [value for value in sorted(BANK_MAGIC | SCREENING_MAGIC) if f"| `{value}` |" not in text] == []
    assert [value for value in sorted(BANK_MAGIC | SCREENING_MAGIC) if f'"{value}"' not in code] == []


def test_documents_every_scope():
    text = (ROOT / "docs" / "graphql.md").read_text("utf-8")
    nouns = {scope.split(":")[0] for scope in ALL_SCOPES if scope.endswith((":read", ":write"))} - {"books", "keys"}
    assert [noun for noun in sorted(nouns) if f"`{noun}`" not in text] == []


@pytest.mark.parametrize("library", ["standardwebhooks", "svix"])
def test_shows_how_to_verify(library):
    [code] = [text for text in blocks(ROOT / "docs" / "webhooks-verifying.md", "python") if f"from {library}" in text]
    shown: dict = {}
    exec(code, shown)
    key, body = new_signing_key(), b'{"type": "ledger.status.ok"}'
    headers = signed_headers("0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84", datetime.now(UTC), body, keys=[key])

    assert shown["verify"](secret_text(key), body, headers) == {"type": "ledger.status.ok"}
    with pytest.raises(Exception, match="No matching signature found"):
        shown["verify"](secret_text(key), body + b" ", headers)


def test_shows_how_to_verify_with_the_public_key():
    [code] = [text for text in blocks(ROOT / "docs" / "webhooks-verifying.md", "python") if "Ed25519PublicKey" in text]
    shown: dict = {}
    exec(code, shown)
    seeds, body = [new_signing_key() for _ in range(3)], b'{"type": "ledger.status.ok"}'
    keys = [new_signing_key(), *(private_key(seed) for seed in seeds[:2])]
    headers = signed_headers("0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84", datetime.now(UTC), body, keys=keys)

    for seed in seeds[:2]:
        assert shown["verify"](public_key_text(seed), body, headers) == {"type": "ledger.status.ok"}
    late = {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 301)}
    for wrong in ((seeds[2], body, headers), (seeds[0], body + b" ", headers), (seeds[0], body, late)):
        with pytest.raises(InvalidSignature):
            shown["verify"](public_key_text(wrong[0]), *wrong[1:])


def shown_json() -> list[dict]:
    return [json.loads(text) for text in blocks(ROOT / "docs" / "events.md", "json")]


def test_shows_the_three_payloads_as_they_are_made():
    full, thin, notification = shown_json()[:3]
    ids = {"customer_id": UUID(notification["owner"]), "message_id": UUID(full["id"])}

    assert json.loads(message_body(Payload.THIN, json.dumps(full), **ids)) == thin
    assert json.loads(message_body(Payload.NOTIFICATION, json.dumps(full), **ids)) == notification


def row_of(shown: dict) -> dict:
    """A row that such an example was made of."""
    instants = {name: datetime.fromisoformat(value) for name, value in shown.items() if name.endswith("_at") and value}
    account = shown.get("uk_bank_account") or {"sort_code": None, "account_number": None}
    freeze = shown.get("freeze") or {}
    controls = {
        "overdraft_limit_minor_units": int(shown.get("overdraft_limit", {}).get("minor_units", 0)),
        "freeze_scope": freeze.get("scope"),
        "freeze_reason": freeze.get("reason"),
        "frozen_at": None,
    }
    certificates = {"ca_certificate": None, "client_certificate": None}
    return {**certificates, **shown, **account, **instants, **controls}


def test_shows_the_data_of_each_noun_as_its_events_do():
    full, _, _, holder, endpoint, delivery, api_key, *_ = shown_json()

    assert describe_ledger(row_of(full["data"])) == full["data"]
    assert describe_holder(row_of(holder)) == holder
    assert describe_endpoint(row_of(endpoint)) == endpoint
    assert describe_api_key(SimpleNamespace(**row_of(api_key))) == api_key
    made = {**row_of(delivery), "message_id": delivery["event_id"], "status": DeliveryStatus(delivery["status"])}
    assert describe_delivery(SimpleNamespace(**made)) == delivery


def side_of(shown: dict) -> Side:
    return Side(UUID(shown["id"]), Book.BANK, is_system=False, holder_id=None)


def test_shows_a_transfer_and_what_follows_from_it_as_they_are_made():
    transfer, changed, notification, *_ = shown_json()[7:]
    debit, credit = transfer["debit"], transfer["credit"]
    made = Transfer(
        customer_id=UUID(notification["owner"]),
        id=UUID(transfer["id"]),
        kind=TransferKind(transfer["kind"]),
        amount=int(transfer["amount"]["minor_units"]),
        unit=Unit("GBP", 2),
        debit=side_of(debit),
        debit_sequence=int(debit["sequence"]),
        debit_balance_after=int(debit["balance_after"].replace(".", "")),
        credit=side_of(credit),
        credit_sequence=int(credit["sequence"]),
        credit_balance_after=int(credit["balance_after"].replace(".", "")),
        hold_id=None,
        payment_id=None,
        reverses_id=None,
        reversed_by_id=None,
        reference=transfer["reference"],
        metadata={},
        is_forced=transfer["forced"],
        posted_at=datetime.fromisoformat(transfer["posted_at"]),
    )
    told = transfer_posted(made, worker_actor(made.customer_id), transfer["posted_at"])
    body = json.loads(told.body)
    assert body["data"] == transfer

    frozen = json.dumps({**body, "cause": changed["cause"]})
    ids = {"customer_id": made.customer_id, "message_id": UUID(changed["id"])}
    assert json.loads(message_body(Payload.FULL, frozen, **ids)) == changed
    assert json.loads(message_body(Payload.NOTIFICATION, frozen, **ids)) == notification


def test_shows_the_data_of_holds_and_payments_as_their_events_do():
    *_, hold, payment, _ = shown_json()
    row = {**row_of(payment), "amount_minor_units": 1_200, "asset": "GBP", "scale": 2}
    linked = {"hold_id": UUID(payment["hold_id"]), "transfer_id": UUID(payment["transfer_id"])}
    assert describe_payment(row, **linked) == payment
    made = {
        **row_of(hold),
        "status": HoldStatus(hold["status"]),
        **{name: int(hold[name]["minor_units"]) for name in ("amount", "captured", "released", "remaining")},
        "unit": Unit("GBP", 2),
        "debit": side_of(hold["debit"]),
        "credit": side_of(hold["credit"]),
    }
    assert describe_hold(SimpleNamespace(**made)) == hold


def test_shows_the_data_of_closed_books_as_their_events_do():
    *_, books = shown_json()
    customer_id, closed_through = UUID(books["customer_id"]), datetime.fromisoformat(books["closed_through"])
    change = BooksChange(closed_through=closed_through, previous=None, reason=books["reason"], version=books["version"])
    assert describe_books(customer_id, change) == books
