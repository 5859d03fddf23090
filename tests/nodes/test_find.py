"""What a search does where a kind cannot be searched now, and how it reads texts."""

import pytest

from app.access.open_customer import open_customer
from app.access.operators import operator_actor
from app.holders.create_holder import CreateHolder, create_holder
from app.holders.party import PersonDetails
from app.kernel.errors import LimitExceeded
from app.ledgers.queries import UkBankAccount
from app.nodes import find as module
from app.nodes.find import FoundBy, NotSearched, find
from app.nodes.find_nodes import NodeObject
from app.nodes.given_account import account_given, number_given
from app.nodes.titles import RESOURCE_TYPES


@pytest.fixture
async def actor(database):
    return operator_actor((await open_customer("Example Ltd")).customer_id)


async def test_goes_on_where_holders_cannot_be_searched_now(actor, monkeypatch):
    holder, _ = await create_holder(actor, CreateHolder(PersonDetails("Ada")))

    async def busy(*_):
        raise LimitExceeded("Holders are being prepared.", retry_after_seconds=5)

    monkeypatch.setattr(module, "_LOOK_UPS", tuple(
        (kind, by, busy if kind == "holder" else look_up) for kind, by, look_up in module._LOOK_UPS
    ))  # fmt: skip
    found = await find(actor, str(holder.id), limit=5)
    assert [(one.node.id, one.by) for one in found.objects] == [(holder.id, FoundBy.ID)]
    assert found.not_searched == [NotSearched("holder", "Holders are being prepared.")]


def test_names_every_kind_of_object():
    assert set(RESOURCE_TYPES) == set(NodeObject.__args__)


@pytest.mark.parametrize(
    ("text", "iban", "british"),
    [
        ("GB33BUKB20201555555555", "GB33BUKB20201555555555", UkBankAccount("202015", "55555555")),
        ("gb33 bukb 2020 1555 5555 55", "GB33BUKB20201555555555", UkBankAccount("202015", "55555555")),
        ("DE89370400440532013000", "DE89370400440532013000", None),
        ("20-20-15 55555555", None, UkBankAccount("202015", "55555555")),
        ("20201555555555", None, UkBankAccount("202015", "55555555")),
        ("20-20-15 / 55555555", None, UkBankAccount("202015", "55555555")),
        ("202015 - 55555555", None, UkBankAccount("202015", "55555555")),
        ("Sort code and account 202015 55555555", None, UkBankAccount("202015", "55555555")),
        ("Sort code: 20-20-15, account number: 55555555", None, UkBankAccount("202015", "55555555")),
    ],
)
def test_reads_account_numbers(text, iban, british):
    given = account_given(text)
    assert (given.iban, given.uk_bank_account) == (iban, british)


@pytest.mark.parametrize("text", ["Ada", "GB00BUKB20201555555555", "20-20-15", "55555555", "0197c1f0"])
def test_reads_no_account_number_where_there_is_none(text):
    assert account_given(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("370400440532013000", "370400440532013000"),
        ("37040044 / 0532013000", "370400440532013000"),
        ("abna0417164300", "ABNA0417164300"),
        ("20-20-15 55555555", "20201555555555"),
        ("Sort code: 20-20-15, account number: 55555555", "20201555555555"),
        ("GB33BUKB20201555555555", None),
        ("DE89370400440532013000", None),
        ("0532013000", None),
        ("November rent", None),
        ("370400440532013000_", None),
    ],
)
def test_reads_the_number_that_stands_in_an_iban(text, number):
    assert number_given(text, account_given(text)) == number
