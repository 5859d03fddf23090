"""A collector of traces that keeps nothing but counts: `python -m benchmarks.collector PORT`."""

import sys

from aiohttp import web


def main() -> None:
    """Serve until it is ended. `GET /received` answers how many requests and bytes came."""
    received = {"requests": 0, "bytes": 0}

    async def take(request: web.Request) -> web.Response:
        received["requests"] += 1
        received["bytes"] += len(await request.read())
        return web.Response()

    async def tell(_request: web.Request) -> web.Response:
        return web.json_response(received)

    application = web.Application(client_max_size=100_000_000)
    application.add_routes([web.post("/v1/traces", take), web.get("/received", tell)])
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)


if __name__ == "__main__":
    main()
