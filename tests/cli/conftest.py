"""One real `quaestor dev` for all tests of this folder that ask for it, and an empty database for each."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from tests.cli.running_dev import RunningDev, running_dev
from tests.empty_tables import empty_tables_of
from tests.free_ports import free_port


@pytest.fixture
def migrated_url(shared_url: str) -> str:
    """A database with our schema, empty when a test begins: commands are for all customers."""
    asyncio.run(empty_tables_of(shared_url))
    return shared_url


@pytest.fixture(name="free_port")
def a_free_port() -> int:
    """One that nobody listens on."""
    return free_port()


@pytest.fixture
def taken_port() -> Iterator[int]:
    """One that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture(scope="session")
def dev(tmp_path_factory) -> Iterator[RunningDev]:
    """A whole product, with its demo data."""
    with running_dev(tmp_path_factory.mktemp("dev")) as running:
        yield running
