"""What takes a value date takes one just behind the closed books."""

import pytest

from tests.api.product.money import make_scene
from tests.api.product.test_refused_dates import DATED, LATER, close


@pytest.fixture
async def scene(customer, other_customer, work):
    return await make_scene(customer, other_customer, work)


@pytest.mark.parametrize("name", DATED)
async def test_takes_what_is_right_behind_the_closed_books(scene, name):
    await close(scene)
    done = await scene.call(name, effectiveAt=LATER)
    assert done["__typename"] in {"TransferSuccess", "HoldSuccess"}, done
