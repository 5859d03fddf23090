import pytest

from app.access.open_customer import open_customer
from app.cli.first_start import finish_demo_money, finish_first_customer
from app.embedded.data_folder import UNFINISHED, WITHOUT_MONEY


@pytest.fixture
def made(monkeypatch):
    """Which functions of the product were called."""
    called = []

    def record(name):
        async def recorded(_database_url, _data_dir):
            called.append(name)
            return name

        monkeypatch.setattr(f"app.cli.first_customer.{name}", recorded)

    record("make_first_customer")
    record("try_to_move_demo_money")
    return called


async def test_makes_a_customer_where_there_is_none(database, tmp_path, made):
    await finish_first_customer(database, tmp_path)
    assert made == ["make_first_customer"]


async def test_has_no_use_for_the_product_where_there_is_a_customer(database, tmp_path, made):
    await open_customer("Example Ltd")
    await finish_first_customer(database, tmp_path)
    assert made == []


async def test_finishes_a_customer_that_an_earlier_start_could_not(database, tmp_path, made):
    await open_customer("Example Ltd")
    (tmp_path / UNFINISHED).touch()
    await finish_first_customer(database, tmp_path)
    assert made == ["make_first_customer"]


async def test_moves_money_only_where_it_is_missing(tmp_path, made):
    assert await finish_demo_money("postgresql:///unused", tmp_path) is None
    assert made == []
    (tmp_path / WITHOUT_MONEY).touch()
    assert await finish_demo_money("postgresql:///unused", tmp_path) == "try_to_move_demo_money"
