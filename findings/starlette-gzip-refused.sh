#!/usr/bin/env bash
# starlette 1.10.0: GZipMiddleware compresses also for a client that says it does not accept gzip.
#
# Expected: `Accept-Encoding: gzip;q=0` is how a client refuses gzip (RFC 9110, 12.4.2: a weight of 0 means "not acceptable"), so the answer is
# sent as it is.
# Seen: the middleware looks for the letters "gzip" in the header and nothing else, so a refusal counts as a wish. A proxy or test client that
# refuses compression to see the plain body gets a compressed one. `*`, which accepts gzip, gets none.
#
# Output seen (Python 3.11.7):
#   gzip: gzip
#   identity, gzip;q=0: gzip
#   *: none
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'starlette==1.10.0' 'httpx==0.28.1'
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def statement(request):
    return PlainTextResponse("10.00 EUR\n" * 500)


app = Starlette(routes=[Route("/", statement)], middleware=[Middleware(GZipMiddleware)])


async def encoding_for(accepted):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bank") as client:
        answer = await client.get("/", headers={"accept-encoding": accepted})
    return answer.headers.get("content-encoding", "none")


seen = {accepted: asyncio.run(encoding_for(accepted)) for accepted in ("gzip", "identity, gzip;q=0", "*")}
for accepted, encoding in seen.items():
    print(f"{accepted}: {encoding}")
assert seen == {"gzip": "gzip", "identity, gzip;q=0": "gzip", "*": "none"}, "weights are read now"
PYTHON
