"""The program in docs/graphql.md that subscribes over a WebSocket, as it stands there, prints what happens."""

import asyncio
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.api.product.conftest import Client
from tests.node_packages import node_with
from tests.seeds.conftest import key, url

__all__ = ["key", "url"]

ROOT = Path(__file__).parents[3]
WITH_ITS_OWN = 22
"""The version of Node that has a WebSocket without being asked for it, as the page says."""
GOLD = 'mutation { issueVirtualLedger(input: { asset: "GOLD" }) { ... on LedgerSuccess { ledger { id } } } }'


@pytest.fixture
def node(tmp_path):
    """Node, and whether it has a WebSocket of its own, if only on demand."""
    found = node_with(tmp_path, "graphql-ws", "ws")
    for command in ([found], [found, "--experimental-websocket"]):
        asked = subprocess.run([*command, "-p", "typeof WebSocket"], capture_output=True, text=True, check=False)
        if asked.stdout == "function\n":
            return command, True
    return [found], False


def documented_program():
    page = (ROOT / "docs" / "graphql.md").read_text("utf-8")
    assert f"It needs Node {WITH_ITS_OWN} or later." in page
    assert "pass `webSocketImpl: WebSocket` from the package `ws`." in page
    [program] = [text.split("```")[0] for text in page.split("```js\n")[1:] if "graphql-ws" in text]
    return program


@pytest.mark.parametrize("older", [False, True], ids=["as-it-stands", "with-ws"])
async def test_prints_events_as_they_happen(application, url, key, node, tmp_path, older):
    program = documented_program().replace("ws://127.0.0.1:8000", url.replace("http", "ws"))
    command, has_its_own = node
    if older or not has_its_own:  # What the page says for a Node that has no WebSocket.
        program = 'import WebSocket from "ws";\n' + program.replace("({\n", "({\n  webSocketImpl: WebSocket,\n", 1)
    (tmp_path / "program.mjs").write_text(program)
    ran = await asyncio.create_subprocess_exec(
        *(command[:1] if older else command),
        "program.mjs",
        cwd=tmp_path,
        env={"QUAESTOR_API_KEY": key},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    client, made = Client(application, key), []
    reading = asyncio.create_task(ran.stdout.readuntil(b"}\n"))
    try:
        async with asyncio.timeout(100):
            while not reading.done():  # What happens before it has subscribed, it does not see.
                made.append((await client.data(GOLD))["issueVirtualLedger"]["ledger"]["id"])
                await asyncio.wait([reading], timeout=0.5)
    finally:
        with suppress(ProcessLookupError):
            ran.kill()
        _, complained = await ran.communicate()
    assert not reading.exception(), complained.decode()
    said = reading.result().decode()
    assert "type: 'ledger." in said, said
    assert any(f"resourceId: '{ledger_id}'" in said for ledger_id in made), said
