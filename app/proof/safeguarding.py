"""What each omnibus ledger holds and what the wallets that it backs hold: wallets may hold less, never more."""

from dataclasses import dataclass
from uuid import UUID

from app.db.connection import Connection
from app.db.records import record_of
from app.proof.findings import Finding, Findings

RULE = "safeguarding"

# Amounts are decimals, since wallets and their ledger may have different numbers of decimals. An exponent in the text
# of a number is exact at any size, which a division is not.
_SQL = """
    WITH sums AS (
        SELECT ledger.id AS ledger_id, count(*) FILTER (WHERE w.closed_at IS NULL) AS wallet_count,
               sum((greatest(p.credits - p.debits, 0) || 'e-' || w.decimal_places)::numeric) AS wallets
        FROM accounts AS a
        JOIN ledgers AS ledger ON ledger.customer_id = a.customer_id AND ledger.id = a.backing_ledger_id
        JOIN wallets AS w ON w.customer_id = a.customer_id AND w.account_id = a.id AND w.currency = ledger.asset
                         AND w.accounting_type = 'LIABILITY'
        JOIN posting_accounts AS p ON p.customer_id = w.customer_id AND p.id = w.id
        WHERE a.customer_id = $1 GROUP BY ledger.id
    ), backing AS (
        SELECT DISTINCT backing_ledger_id AS id FROM accounts WHERE customer_id = $1 AND backing_ledger_id IS NOT NULL
    ), both_sides AS (
        SELECT ledger.id, ledger.asset, coalesce(sums.wallet_count, 0) AS wallet_count,
               (CASE own.normal_side WHEN 'CREDIT' THEN own.credits - own.debits ELSE own.debits - own.credits END
                || 'e-' || ledger.scale)::numeric AS balance,
               ('0e-' || ledger.scale)::numeric + coalesce(sums.wallets, 0) AS wallets
        FROM backing
        JOIN ledgers AS ledger ON ledger.customer_id = $1 AND ledger.id = backing.id
        JOIN posting_accounts AS own ON own.customer_id = $1 AND own.id = ledger.id
        LEFT JOIN sums ON sums.ledger_id = ledger.id
    )
    SELECT id, asset, wallet_count, balance::text, wallets::text, (balance - wallets)::text AS difference,
           balance < wallets AS is_short
    FROM both_sides ORDER BY balance >= wallets, id
"""


@dataclass(frozen=True, slots=True)
class Safeguarded:
    """A ledger that backs accounts, and the wallets of these. Amounts are decimals as text, in major units.

    `difference` is the ledger's balance less the wallets' sum: below zero, the wallets hold more than the ledger.
    """

    customer_id: UUID
    ledger_id: UUID
    asset: str
    balance: str
    wallets: str
    difference: str
    wallet_count: int


async def prove_safeguarding(
    connection: Connection, customer_id: UUID, findings: Findings, *, seconds_max: float
) -> list[Safeguarded]:
    """Every ledger of this customer that backs accounts, those whose wallets hold more first: each is a finding."""
    rows = await connection.fetch(_SQL, customer_id, timeout=seconds_max)
    told = []
    for row in rows:
        told.append(record_of(Safeguarded, row, customer_id=customer_id, ledger_id=row["id"]))
        if row["is_short"]:
            count = row["wallet_count"]
            holders = "its wallet holds" if count == 1 else f"its {count:,} wallets hold"
            findings.add(
                Finding(
                    customer_id,
                    RULE,
                    "ledger",
                    str(row["id"]),
                    f"{row['balance']} {row['asset']}",
                    f"at least {row['wallets']} {row['asset']}, which {holders}: {row['difference']} is the difference",
                )
            )
    return told
