import pytest

from app.access.authenticate import authenticate
from app.access.open_customer import open_customer
from app.cli.first_customer import make_first_customer, move_demo_money
from app.db.connection import close_database, fetchval, open_database
from app.demo.fill_demo_wallets import TRANSFERS
from app.demo.movements import MOVEMENTS
from app.embedded.data_folder import read_api_key
from app.kernel.actor import Via
from app.settings import load_settings
from tests.promised_work import PromisedWork


@pytest.fixture
def make_first(database, tmp_path):
    """Make the first customer as `quaestor dev` does before anything else is open."""

    async def make():
        await close_database()
        await make_first_customer(database, tmp_path)
        await open_database(database, pool_size=2, application_name="quaestor-tests")

    return make


async def counts() -> list[int]:
    return [await fetchval(f"SELECT count(*) FROM {table}") for table in ("customers", "holders", "ledgers")]


async def test_fills_an_empty_database_once(make_first, tmp_path):
    await make_first()
    assert await counts() == [1, 9, 16]  # The customer is a holder, too.
    key = read_api_key(tmp_path)

    await make_first()
    assert await counts() == [1, 9, 16]
    assert read_api_key(tmp_path) == key
    assert (tmp_path / "api-key").stat().st_mode & 0o777 == 0o600


async def test_puts_nothing_into_a_database_that_has_a_customer(make_first, tmp_path):
    await open_customer("Example Ltd")
    await make_first()

    assert await counts() == [1, 1, 0]
    assert read_api_key(tmp_path) is None


async def test_puts_no_demo_data_in_live(make_first, tmp_path, monkeypatch):
    monkeypatch.setenv("QUAESTOR_ENVIRONMENT", "LIVE")
    await make_first()

    assert await counts() == [1, 1, 0]
    assert read_api_key(tmp_path) is not None


async def test_finishes_what_a_killed_start_left_unfinished(make_first, tmp_path):
    await make_first()
    (tmp_path / "api-key").unlink()
    (tmp_path / "first-customer-unfinished").touch()
    before = await fetchval("SELECT count(*) FROM api_keys")

    await make_first()

    assert await counts() == [1, 9, 16]
    assert await fetchval("SELECT count(*) FROM api_keys") == before + 1
    assert (await authenticate(f"API-Key {read_api_key(tmp_path)}", Via.GRAPHQL)).scopes == {"*"}
    assert not (tmp_path / "first-customer-unfinished").exists()


async def test_moves_money_once_the_worker_has_opened_the_ledgers(make_first, database, tmp_path):
    await make_first()
    settings = load_settings(simulator_delay_seconds=0)
    await PromisedWork(settings)()
    await close_database()

    assert await move_demo_money(database, tmp_path) == len(MOVEMENTS) + len(TRANSFERS)
    assert await move_demo_money(database, tmp_path) is None

    await open_database(database, pool_size=2, application_name="quaestor-tests")
    assert await fetchval("SELECT count(*) FROM transfers") > 0
