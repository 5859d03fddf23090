import asyncio

import pytest

from app.access.open_customer import open_customer
from app.cli.first_start import finish_demo_money, finish_first_customer, wait_for_demo_holders
from app.embedded.data_folder import UNFINISHED, WITHOUT_MONEY
from app.holders.create_holder import CreateHolder, create_holder
from app.holders.party import PersonDetails
from app.holders.screen_holder import screen_holder
from app.holders.screening import ScreeningVerdict
from app.holders.status import HolderStatus
from tests.free_ports import free_port


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


class Screening:
    async def screen(self, _request):
        return ScreeningVerdict(HolderStatus.OK)


@pytest.fixture
async def new_holder(make_actor, tmp_path):
    """A holder that nobody has screened, of a customer whose demo data is new; answers who made it, and its id."""
    actor = await make_actor()
    holder, _ = await create_holder(actor, CreateHolder(PersonDetails("Ada Lovelace", "1987-04-01")))
    (tmp_path / WITHOUT_MONEY).write_text(str(actor.customer_id), encoding="utf-8")
    return actor, holder.id


async def test_waits_until_new_demo_holders_are_screened(database, tmp_path, new_holder):
    actor, holder_id = new_holder
    waiting = asyncio.create_task(wait_for_demo_holders(database, tmp_path, seconds_max=3600))
    done, _ = await asyncio.wait({waiting}, timeout=0.5)
    assert not done
    await screen_holder(actor, holder_id, screening=Screening())
    await waiting


@pytest.mark.usefixtures("new_holder")
async def test_waits_for_demo_holders_for_a_while_only(database, tmp_path):
    await wait_for_demo_holders(database, tmp_path, seconds_max=0.2)


async def test_waits_for_holders_of_the_demo_only(database, tmp_path, make_actor):
    demo, other = await make_actor(), await make_actor()
    await create_holder(other, CreateHolder(PersonDetails("Ada Lovelace", "1987-04-01")))
    (tmp_path / WITHOUT_MONEY).write_text(str(demo.customer_id), encoding="utf-8")
    await wait_for_demo_holders(database, tmp_path, seconds_max=3600)


async def test_starts_without_waiting_where_the_database_is_gone_or_the_demo_is_not_new(tmp_path):
    gone = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    await wait_for_demo_holders(gone, tmp_path)
    (tmp_path / WITHOUT_MONEY).write_text("01890a5d-ac96-774b-bcce-b302099a8057", encoding="utf-8")
    await wait_for_demo_holders(gone, tmp_path, seconds_max=3600)
