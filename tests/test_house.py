"""The rules of the house that a machine can check."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from app.db.build_indexes import is_repeatable, statements_of
from app.db.migrate import migrations
from app.events.event_types import DERIVED_TYPES, EVENT_TYPES
from app.holders.status import HOLDER
from app.journal.status import HOLD, HoldStatus
from app.ledgers.status import IBAN, LEDGER
from app.payments.status import PAYMENT, PaymentStatus
from app.webhooks.status import WEBHOOK_ENDPOINT
from tests.imported_names import FILES, missing_names, tree_of

ROOT = Path(__file__).parents[1]
MAP = ROOT / "docs" / "house.md"
SOURCES = sorted(file for folder in ("app", "workers") for file in (ROOT / folder).rglob("*.py"))
PACKAGES = sorted({file.parent for file in SOURCES})
NAMES_WITHOUT_END = {"utils", "helpers", "base", "service", "services", "manager", "common", "misc"}
LINES_MAX = 400
FUNCTION_LINES_MAX = 70
TENANT_TABLES = (
    "access_tokens|account_backings|accounts|api_keys|backdated_days|backdated_totals|closed_books|events|feed_entries|feeds|holders|holds|idempotency_keys|ledger_changes|ledgers|message_answers|"
    "message_sources|outbox_messages|payments|posting_accounts|system_accounts|transfers|unnumbered_events|"
    "wallet_changes|wallets|webhook_attempts|webhook_deliveries|"
    "webhook_endpoints|webhook_failing_endpoints|webhook_fan_outs|webhook_outcomes|webhook_paces|webhook_replays|"
    "webhook_secrets"
)
STATEMENT = re.compile(rf"\b(?:FROM|JOIN|UPDATE|INTO)\s+(?:{TENANT_TABLES}|{{}})(?![\w.])")
"""A statement on a tenant's table, or on one whose name is filled in."""
NAMES_THE_CUSTOMER = re.compile(r"customer_id\s*=|INTO\s+\S+(?:\s+AS\s+\w+)?\s+\(customer_id\b")
ORM_READS = {"all", "filter", "get", "get_or_none", "exists", "first", "exclude", "in_bulk"}
OVER_ALL_CUSTOMERS = {
    ("app/access/operators.py", "operator_for_api_key"): "the operator's",
    ("app/access/operators.py", "list_keys_of_all_customers"): "the operator's",
    ("app/api/operations/metrics.py", "_unnumbered_events"): "counts for the operator",
    ("app/api/operations/metrics.py", "_open_deliveries"): "counts for the operator",
    ("app/webhooks/deliveries/probe_endpoints.py", "claim_probes"): "which paused endpoints are to be tried",
    ("app/webhooks/endpoints/rotate_secret_key.py", "_move_batch"): "the operator's",
    ("app/webhooks/endpoints/secret_key_check.py", "_try_oldest_secret"): "about the installation",
    ("app/webhooks/queries.py", "public_keys_of_endpoint"): "public keys, for whoever knows the endpoint",
    ("app/api/operations/delivery_metrics.py", "endpoints_by_status"): "counts for the operator",
    ("app/webhooks/retention/remove_old.py", "_parts"): "asks which customers have webhooks",
    ("app/events/begin_epoch.py", "begin_epoch"): "the operator's, after a restore",
    ("app/webhooks/deliveries/new_events.py", "new_events"): "asks which customers have new events",
    ("app/outbox/inspect_work.py", "list_work"): "the operator's",
    ("app/outbox/inspect_work.py", "count_work"): "the operator's",
    ("app/outbox/inspect_work.py", "retry_work"): "the operator's",
}
OVER_OTHER_STATEMENTS = {("app/events/feed.py", "_places_sql")}
"""Statements that read only from others in their text, which name the customer."""
BEGINS_WITH_CUSTOMER = re.compile(r"where\.sql|SEEN_SQL|seen_sql\(.*\)")
"""What stands for conditions that name the customer: see app/db/where.py."""
LAST_BEFORE_SAFETY, LAST_BEFORE_INDEXES = "0006", "0013"
SMALL_TABLES = {"webhook_endpoints", "webhook_secrets"}
"""Tables with a few rows for each subscriber: an index of theirs is built at once."""
TAKES_AWAY = re.compile(
    r"\bDROP\s+(?:TABLE|COLUMN)\b|\bRENAME\b|\bSET\s+NOT\s+NULL\b|\bALTER\s+COLUMN\s+\w+\s+(?:SET\s+DATA\s+)?TYPE\b"
    r"|\bADD\s+COLUMN\s+(?:(?!\bDEFAULT\b|,)[^;])*\bNOT\s+NULL\b(?!\s+DEFAULT)",
    re.IGNORECASE,
)
"""What a process of an older version would miss, or trip over."""
TELLING = {
    *("tell", "change", "change_books", "change_party", "record_event", "new_event", "hold_changed"),
    *("NewResource", "NewEvent"),
}
BORN = {HOLD.event_type(HoldStatus.PLACED), PAYMENT.event_type(PaymentStatus.PENDING)}
"""What is told instead of `created`, of a status that no move arrives at."""
EVENT_TYPE = re.compile(r"[a-z_]+\.[a-z_]+")


def test_names_no_file_by_a_role_without_end():
    assert [file.name for file in SOURCES if file.stem in NAMES_WITHOUT_END] == []


def test_keeps_files_short():
    long = {_name(file): lines for file in SOURCES if (lines := _lines(file)) > LINES_MAX}
    assert long == {}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.relative_to(ROOT).as_posix())
def test_says_what_each_package_is(package):
    assert (package / "__init__.py").read_text(encoding="utf-8").startswith('"""')


@pytest.mark.thorough
def test_imports_only_what_is_there():
    found = {str(file.relative_to(ROOT)): missing_names(tree_of(file)) for file in FILES}
    assert {file: missing for file, missing in found.items() if missing} == {}
    absent = ast.parse("from app.kernel.money import Money, Nothing\nimport app.nowhere")
    assert missing_names(absent) == ["app.kernel.money.Nothing", "app.nowhere"]


def test_has_tests_for_each_package():
    wanted = {package.relative_to(ROOT / "app") for package in PACKAGES if package.is_relative_to(ROOT / "app")}
    lacking = [name.as_posix() for name in wanted if not list((ROOT / "tests" / name).rglob("test_*.py"))]
    assert lacking == []


@pytest.mark.thorough
def test_keeps_functions_short():
    long = {
        f"{_name(file)}:{node.name}": lines
        for file in SOURCES
        for node in ast.walk(_parsed(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := node.end_lineno - node.lineno + 1) > FUNCTION_LINES_MAX
    }
    assert long == {}


@pytest.mark.thorough
def test_names_the_customer_in_each_statement_on_a_tenants_table():
    nameless = {
        (_name(file), function)
        for file in SOURCES
        for function, text in _texts(_parsed(file))
        if STATEMENT.search(text) and not NAMES_THE_CUSTOMER.search(text)
    }
    of_the_orm = {
        (_name(file), function)
        for file in SOURCES
        for function, call in _nodes(_parsed(file), ast.Call)
        if _reads_rows(call) and "customer_id" not in {keyword.arg for keyword in call.keywords}
    }
    assert nameless | of_the_orm == {*OVER_ALL_CUSTOMERS, *OVER_OTHER_STATEMENTS}


def test_knows_every_table_of_tenants():
    migrations = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "app" / "migrations").glob("*.sql"))
    tables = re.findall(r"^CREATE TABLE (\w+) \((.*?)^\)", migrations, re.DOTALL | re.MULTILINE)
    of_tenants = {name for name, columns in tables if "customer_id uuid" in columns}
    assert of_tenants - {"customers", "reserved_bank_identifiers"} == set(TENANT_TABLES.split("|"))


def _name_of(migration):
    return migration.name


@pytest.mark.parametrize("migration", [one for one in migrations() if one.number > LAST_BEFORE_SAFETY], ids=_name_of)
def test_says_of_each_migration_whom_it_is_safe_for(migration):
    """The first line is `-- Safe from: 0006` (its number or a later one's) or `-- Unsafe: ` and why."""
    if migration.safe_from is None:
        assert re.match(r"-- Unsafe: \S", migration.sql), (
            f"{migration.name}.sql must begin with `-- Safe from: NNNN`, the oldest schema whose processes go on "
            "serving with it applied: see docs/decisions/0012-migrations-say-whom-they-are-safe-for.md"
        )
        return
    assert LAST_BEFORE_SAFETY <= migration.safe_from < migration.number
    statements = re.sub(r"--[^\n]*", "", migration.sql)
    assert TAKES_AWAY.findall(statements) == [], "what an older process relies on is taken away one version later"


@pytest.mark.parametrize("migration", [one for one in migrations() if one.number > LAST_BEFORE_INDEXES], ids=_name_of)
def test_builds_indexes_of_tables_in_use_while_others_write(migration):
    """Indexes of tables that are there are made in a file that says `-- Concurrently`: see app/db/build_indexes.py."""
    statements = statements_of(migration.sql)
    if migration.is_concurrent:
        assert [one for one in statements if not is_repeatable(one)] == []
        return
    new = {found[1] for one in statements if (found := re.match(r"CREATE TABLE (\w+)", one))}
    built = {found[1] for one in statements if (found := re.match(r"CREATE (?:UNIQUE )?INDEX \w+ ON (\w+)", one))}
    assert built <= new | SMALL_TABLES, f"{migration.name}.sql makes writers of {', '.join(built - new)} wait"
    assert not [one for one in statements if one.startswith("DROP INDEX")]
    added = {name for one in statements for name in re.findall(r"ADD CONSTRAINT (\w+)", one)}
    validated = {name for one in statements for name in re.findall(r"VALIDATE CONSTRAINT (\w+)", one)}
    assert not added & validated, "what is added locks the table until the file is done: validate it in a later one"


@pytest.mark.thorough
def test_lists_exactly_the_events_that_machines_and_verbs_can_tell_of():
    of_machines = {
        machine.event_type(status)
        for machine in (HOLDER, LEDGER, IBAN, HOLD, PAYMENT, WEBHOOK_ENDPOINT)
        for status in {move.target for move in machine.moves}
    }
    constants = _constants()
    of_verbs = {
        text
        for file in SOURCES
        for function, call in _nodes(_parsed(file), ast.Call)
        if isinstance(call.func, ast.Name) and call.func.id in TELLING
        for text in _event_types(call, constants)
    }
    assert set(EVENT_TYPES) == of_machines | of_verbs | BORN | DERIVED_TYPES
    assert not of_machines & of_verbs


def test_maps_only_files_that_there_are():
    named = re.findall(r"`((?:app|workers|tests)/[\w/]+(?:\.py|/))`", MAP.read_text(encoding="utf-8"))
    assert len(named) > len(OVER_ALL_CUSTOMERS)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_maps_the_floors_of_the_import_contract():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(one["layers"] for one in contracts if one["name"] == "who may import whom")
    # In brackets stand rooms that need not be there.
    rooms = [[room for room in layer.split(" | ") if not room.startswith("(")] for layer in layers]
    [picture] = re.findall(r"```text\n(.*?)```", MAP.read_text(encoding="utf-8"), re.DOTALL)
    assert [re.split(r" {2,}", line)[0].split(" | ") for line in picture.splitlines()] == rooms


def _parsed(file):
    return ast.parse(file.read_text(encoding="utf-8"))


def _name(file):
    return file.relative_to(ROOT).as_posix()


def _nodes(tree, kind, function=""):
    """Nodes of a kind, each with the innermost function or class it stands in."""
    for child in ast.iter_child_nodes(tree):
        is_named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        inside = child.name if is_named else function
        if isinstance(child, kind):
            yield inside, child
        # The parts of an f-string are no texts of their own.
        if not isinstance(child, ast.JoinedStr):
            yield from _nodes(child, kind, inside)


def _texts(tree):
    """Every text, with `{}` where an f-string is filled in with what cannot be told."""
    for function, node in _nodes(tree, ast.Constant | ast.JoinedStr):
        if isinstance(node, ast.JoinedStr):
            yield (
                function,
                "".join(part.value if isinstance(part, ast.Constant) else _filled(part) for part in node.values),
            )
        elif isinstance(node.value, str):
            yield function, node.value


def _filled(part):
    """What an f-string is filled in with, as far as its text can be told."""
    return "customer_id = $1" if BEGINS_WITH_CUSTOMER.fullmatch(ast.unparse(part.value)) else "{}"


def _reads_rows(call):
    """Whether this is a read through the ORM: `SomethingRow.filter(…)`."""
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr in ORM_READS
        and isinstance(function.value, ast.Name)
        and function.value.id.endswith(("Row", "Model"))
    )


def _constants():
    """Texts that are named at the top of a file, by their names."""
    return {
        target.id: node.value.value
        for file in SOURCES
        for node in _parsed(file).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _event_types(call, constants):
    """The type of event that a call tells of, where it is written out or a constant."""
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        if isinstance(argument, ast.Name):
            value = constants.get(argument.id)
        else:
            value = argument.value if isinstance(argument, ast.Constant) else None
        if isinstance(value, str) and EVENT_TYPE.fullmatch(value):
            yield value


def _lines(file):
    return len(file.read_text(encoding="utf-8").splitlines())
