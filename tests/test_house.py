"""The rules of the house that a machine can check."""

import re
from pathlib import Path

import pytest

from app.events.event_types import EVENT_TYPES
from app.holders.status import HOLDER
from app.ledgers.status import IBAN, LEDGER
from app.webhooks.status import WEBHOOK_ENDPOINT

ROOT = Path(__file__).parents[1]
SOURCES = sorted(file for folder in ("app", "workers") for file in (ROOT / folder).rglob("*.py"))
PACKAGES = sorted({file.parent for file in SOURCES})
NAMES_WITHOUT_END = {"utils", "helpers", "base", "service", "services", "manager", "common", "misc"}
LINES_MAX = 400
TENANT_TABLES = (
    "api_keys|events|feed_entries|feeds|holders|idempotency_keys|ledger_changes|ledgers|outbox_messages|"
    "posting_accounts|unnumbered_events|webhook_attempts|webhook_deliveries|webhook_endpoints|webhook_fan_outs|"
    "webhook_secrets"
)
STATEMENT = re.compile(rf"\b(?:FROM|JOIN|UPDATE|INTO)\s+(?:{TENANT_TABLES})\b")
OVER_ALL_CUSTOMERS = {
    "app/access/operators.py": "the operator's lists",
    "app/api/rest/metrics.py": "counts for the operator",
    "app/cli/first_customer.py": "whether there is any customer",
    "app/events/number_events.py": "who has events to number",
    "app/outbox/claim.py": "what is due",
    "app/outbox/inspect_work.py": "what is stuck, for the operator",
    "app/webhooks/fan_out.py": "who has events to fan out",
    "app/webhooks/claim_deliveries.py": "what is due",
}


def test_names_no_file_by_a_role_without_end():
    assert [file.name for file in SOURCES if file.stem in NAMES_WITHOUT_END] == []


def test_keeps_files_short():
    long = {file.relative_to(ROOT).as_posix(): lines for file in SOURCES if (lines := _lines(file)) > LINES_MAX}
    assert long == {}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.relative_to(ROOT).as_posix())
def test_says_what_each_package_is(package):
    assert (package / "__init__.py").read_text(encoding="utf-8").startswith('"""')


def test_has_tests_for_each_package():
    wanted = {package.relative_to(ROOT / "app") for package in PACKAGES if package.is_relative_to(ROOT / "app")}
    lacking = [name.as_posix() for name in wanted if not list((ROOT / "tests" / name).rglob("test_*.py"))]
    assert lacking == []


def test_names_the_customer_in_each_statement_on_a_tenants_table():
    nameless = []
    for file in SOURCES:
        name = file.relative_to(ROOT).as_posix()
        if name in OVER_ALL_CUSTOMERS:
            continue
        for literal in re.findall(r'"""(.*?)"""|"([^"\n]*)"', file.read_text(encoding="utf-8"), re.DOTALL):
            sql = "".join(literal)
            if STATEMENT.search(sql) and "customer_id" not in sql and "{" not in sql:
                nameless.append(f"{name}: {sql.strip()[:80]}")
    assert nameless == []


def test_lists_every_event_that_a_machine_can_tell_of():
    wanted = {
        machine.event_type(status)
        for machine in (HOLDER, LEDGER, IBAN, WEBHOOK_ENDPOINT)
        for status in {move.target for move in machine.moves}
    }
    listed = {event_type for event_type in EVENT_TYPES if "status." in event_type}
    assert listed == wanted


def _lines(file):
    return len(file.read_text(encoding="utf-8").splitlines())
