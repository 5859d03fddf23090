"""The door against its own document: schemathesis looks for answers that it does not describe, and for any 5xx."""

import asyncio
import contextlib
import shutil
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from app.api.rest.openapi import openapi_document
from app.api.rest.operations import OPERATIONS
from tests.seeds.conftest import key, url

__all__ = ["key", "url"]

PROGRAM = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
SECONDS_MAX = 100
LINE_MAX = 400
"""How much of a line is shown: a traceback of its may quote a whole file in one."""


def test_is_a_valid_document():
    validate(openapi_document())


def test_describes_each_operation():
    described = {
        (method.upper(), path): operation["operationId"]
        for path, item in openapi_document()["paths"].items()
        for method, operation in item.items()
    }
    assert described == {(one.method, one.path): one.name for one in OPERATIONS}


@contextlib.asynccontextmanager
async def working(work):
    """What was promised is done meanwhile, as by a worker."""

    async def go_on():
        while True:
            await work()
            await asyncio.sleep(0.05)

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.thorough
@pytest.mark.timeout(900)
async def test_answers_nothing_that_is_not_described(url, key, work, tmp_path):
    command = [
        PROGRAM,
        "run",
        f"{url}/openapi.json",
        "--header",
        f"Authorization: API-Key {key}",
        "--exclude-checks",
        "positive_data_acceptance",  # Check digits and catalogs are in no schema.
        "--max-time",
        str(SECONDS_MAX),
        "--request-timeout",
        "70",
        "--workers",
        "1",  # In two threads, CPython 3.11 now and then fails to parse a lambda's source.
        "--no-color",
    ]
    async with working(work):
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path
        )
        said, _ = await process.communicate()
    assert process.returncode == 0, "\n".join(line[:LINE_MAX] for line in said.decode().splitlines())
