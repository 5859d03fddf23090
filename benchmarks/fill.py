"""Many ledgers at once, by SQL, and money in them."""

from uuid import UUID

from app.db.connection import fetch, fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal.amounts import exact
from app.journal.carry_out_batch import BATCH_SIZE_MAX, Done, carry_out_batch
from app.journal.instructions import CreditId, DebitId, Post
from app.journal.posting_accounts import Book
from app.journal.system_accounts import open_system_account, settlement_key, system_account_id
from app.kernel.actor import worker_actor
from app.kernel.money import Unit

HOLDERS = 500
PRODUCT = "PayrNet-GBP-1"
POUNDS = Unit("GBP", 2)
FUNDS = exact(10**12, POUNDS)


async def fund_ledgers(customer_id: UUID) -> list[str]:
    """Ten thousand million pounds into each of the customer's ledgers, by transfers; answers their ids."""
    async with transaction() as tx:
        await open_system_account(
            tx, customer_id, settlement_key(PRODUCT), name="Settlement", book=Book.BANK, unit=POUNDS
        )
        system_id = await system_account_id(tx, customer_id, settlement_key(PRODUCT))
    rows = await fetch("SELECT id FROM ledgers WHERE customer_id = $1 ORDER BY id", customer_id)
    actor = worker_actor(customer_id)
    for start in range(0, len(rows), BATCH_SIZE_MAX):
        funding = [
            Post(
                actor=actor,
                resource_id=new_id(),
                key=None,
                debit_id=DebitId(system_id),
                credit_id=CreditId(row["id"]),
                amount=FUNDS,
                system_id=system_id,
            )
            for row in rows[start : start + BATCH_SIZE_MAX]
        ]
        async with transaction(by_key=True) as tx:
            outcomes = await carry_out_batch(tx, customer_id, funding)
        assert all(isinstance(outcome, Done) for outcome in outcomes), outcomes
    return [str(row["id"]) for row in rows]


async def count_transfers() -> int:
    """All transfers there are."""
    return int(await fetchval("SELECT count(*) FROM transfers"))


async def fill_ledgers(customer_id: UUID, count: int, *, holders: int = HOLDERS, analyzed: bool = True) -> None:
    """`count` GBP ledgers with an IBAN, of so many holders; then fresh statistics, unless none are wanted."""
    async with pool().acquire() as connection, connection.transaction():
        await connection.execute(
            """
            INSERT INTO holders (customer_id, id, kind, status, party, name, country, created_at, updated_at, words,
                                 words_of)
            SELECT $1, gen_random_uuid(), 'ENDUSER', 'OK', 'PERSON', 'Holder ' || n, 'GB', now(), now(),
                   ARRAY['holder', n::text], 'Holder ' || n || E'\n'
            FROM generate_series(1, $2::int) AS n
            """,
            customer_id,
            holders,
        )
        await connection.execute(
            """
            CREATE TEMPORARY TABLE new_ledgers ON COMMIT DROP AS
            SELECT gen_random_uuid() AS id, holder.id AS holder_id, n
            FROM generate_series(1, $2::int) AS n
            JOIN (SELECT id, row_number() OVER () AS place FROM holders WHERE customer_id = $1) AS holder
              ON holder.place = n % $3 + 1
            """,
            customer_id,
            count,
            holders,
        )
        await connection.execute(
            """
            INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, holder_id, is_open,
                                          allow_negative)
            SELECT $1, id, 'BANK', 'GBP', 2, 'CREDIT', holder_id, true, false FROM new_ledgers
            """,
            customer_id,
        )
        await connection.execute(
            """
            INSERT INTO ledgers (customer_id, id, holder_id, type, is_virtual, asset_class, asset, scale, status,
                                 primary_uses, assets_owned_by, jurisdiction, partner_product, iban, bic, iban_status,
                                 metadata, created_at, updated_at)
            SELECT $1, id, holder_id, 'SINGLE_USER', false, 'CURRENCY', 'GBP', 2, 'OK', '{PAYMENTS,FEES}', 'ME', 'GB',
                   'PayrNet-GBP-1', iban_of_account(n), 'PAYRGB2LXXX', 'OK', '{"foo": "bar"}',
                   now() - n * interval '1 second', now()
            FROM new_ledgers
            """.replace("iban_of_account(n)", _IBAN_SQL),
            customer_id,
        )
        await connection.execute(
            "INSERT INTO ledger_changes SELECT customer_id, id, updated_at FROM ledgers WHERE customer_id = $1",
            customer_id,
        )
    if analyzed:
        await pool().execute("ANALYZE holders, posting_accounts, ledgers, ledger_changes")


# The letters of PAYR and GB as the numbers that the check digits are computed from.
_REMAINDER_SQL = "(('25103427' || '040099' || lpad(n::text, 8, '0') || '161100')::numeric % 97)"
_IBAN_SQL = f"'GB' || lpad((98 - {_REMAINDER_SQL})::text, 2, '0') || 'PAYR040099' || lpad(n::text, 8, '0')"
