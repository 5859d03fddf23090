import pytest

from tests.recorded_spans import collecting


@pytest.fixture
async def collector():
    async with collecting() as made:
        yield made
