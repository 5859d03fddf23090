"""One real `quaestor dev` for all tests of this folder that ask for it."""

from collections.abc import Iterator

import pytest

from tests.cli.running_dev import RunningDev, running_dev


@pytest.fixture(scope="session")
def dev(tmp_path_factory) -> Iterator[RunningDev]:
    """A whole product, with its demo data."""
    with running_dev(tmp_path_factory.mktemp("dev")) as running:
        yield running
