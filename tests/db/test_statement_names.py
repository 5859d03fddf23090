import pytest

from app.db.statement_names import CHARACTERS_MAX, statement_name
from app.db.transaction import BEGIN_BY_KEY
from app.events.record import QUEUE_SQL, event_parts
from app.webhooks.deliveries.claim_deliveries import LOADED_SQL

TOLD_SQL, RECORD_SQL = event_parts(is_traced=False, leaves_out=True, is_guarded=False)


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("SELECT * FROM ledgers AS l LEFT JOIN holders AS h ON true", "SELECT ledgers holders"),
        ("select 1", "SELECT"),
        ("BEGIN", "BEGIN"),
        (BEGIN_BY_KEY, "BEGIN"),
        ("COMMIT", "COMMIT"),
        ("SET LOCAL lock_timeout = '100ms'", "SET"),
        ("SELECT id FROM holds WHERE id = $1 FOR UPDATE OF h SKIP LOCKED", "SELECT holds"),
        (
            "SELECT * FROM unnest($1::uuid[]) AS n (id) CROSS JOIN LATERAL (SELECT id FROM accounts) AS a",
            "SELECT accounts",
        ),
        (
            "UPDATE webhook_endpoints SET url = 'https://me:secret@example.com' WHERE id = $1",
            "UPDATE webhook_endpoints",
        ),
        ('DELETE FROM "outbox_messages" WHERE id=$1', "DELETE outbox_messages"),
        ("INSERT INTO t (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET n = 1", "INSERT t"),
        (
            f"WITH told AS ({TOLD_SQL}), recorded AS ({RECORD_SQL}), queued AS ({QUEUE_SQL}) SELECT $1::uuid",
            "INSERT events INSERT unnumbered_events",
        ),
        (f"WITH claimed AS (SELECT 1) {LOADED_SQL}", "SELECT webhook_endpoints transfers events webhook_secrets"),
        ("-- FROM nobody\nSELECT id FROM feeds", "SELECT feeds"),
        ("", "SQL"),
    ],
)
def test_names_what_it_does_to_which_tables(sql, name):
    assert statement_name(sql) == name


def test_has_an_end():
    sql = " ".join(f"INSERT INTO table_{'x' * number} (id)" for number in range(100))
    assert len(statement_name(sql)) == CHARACTERS_MAX


def test_never_shows_a_value():
    assert (
        statement_name("SELECT 'Ada', \"from\" FROM holders WHERE name = 'from bob' OR name = 'FROM Bob'")
        == "SELECT holders"
    )
