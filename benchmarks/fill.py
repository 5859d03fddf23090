"""Many ledgers at once, by SQL: what is measured is reading them."""

from uuid import UUID

from app.db.connection import pool

HOLDERS = 500


async def fill_ledgers(customer_id: UUID, count: int) -> None:
    """`count` GBP ledgers with an IBAN, of `HOLDERS` holders; then fresh statistics."""
    async with pool().acquire() as connection, connection.transaction():
        await connection.execute(
            """
            INSERT INTO holders (customer_id, id, kind, status, party, name, country, created_at, updated_at)
            SELECT $1, gen_random_uuid(), 'ENDUSER', 'OK', 'PERSON', 'Holder ' || n, 'GB', now(), now()
            FROM generate_series(1, $2::int) AS n
            """,
            customer_id,
            HOLDERS,
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
            HOLDERS,
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
    await pool().execute("ANALYZE holders, posting_accounts, ledgers, ledger_changes")


# The letters of PAYR and GB as the numbers that the check digits are made from.
_REMAINDER_SQL = "(('25103427' || '040099' || lpad(n::text, 8, '0') || '161100')::numeric % 97)"
_IBAN_SQL = f"'GB' || lpad((98 - {_REMAINDER_SQL})::text, 2, '0') || 'PAYR040099' || lpad(n::text, 8, '0')"
