"""The audit of graphql-http, the reference of GraphQL over HTTP, finds nothing to say against the server."""

import asyncio
import json
from pathlib import Path

from tests.node_packages import node_with
from tests.seeds.conftest import key, url

__all__ = ["key", "url"]

PROGRAM = Path(__file__).with_name("audit.mjs")
AUDITS = 61
"""Those of version 1.23.1, so that an audit that asks nothing does not pass."""


async def test_finds_nothing_to_say(url, key, tmp_path):
    node = node_with(tmp_path, "graphql", "graphql-http")
    (tmp_path / PROGRAM.name).write_text(PROGRAM.read_text("utf-8"), "utf-8")
    ran = await asyncio.create_subprocess_exec(
        node,
        PROGRAM.name,
        cwd=tmp_path,
        env={"URL": url, "KEY": key},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(100):
        said, complained = await ran.communicate()
    assert ran.returncode == 0, complained.decode()
    audits = json.loads(said)
    assert len(audits) == AUDITS
    assert [audit for audit in audits if audit["status"] != "ok"] == []
