import pytest

from app.access.create_api_key import CreateApiKey, create_api_key
from app.access.open_customer import open_customer
from app.access.operators import list_keys_of_all_customers, operator_for_api_key, operator_for_customer
from app.kernel.actor import Via
from app.kernel.errors import Invalid, NotFound

NOBODY = "00000000-0000-7000-8000-000000000000"


async def test_acts_for_any_customer_with_every_scope(customer):
    operator = await operator_for_customer(str(customer.customer_id))
    assert (operator.customer_id, operator.via, operator.name) == (customer.customer_id, Via.CLI, "operator")
    created, _ = await create_api_key(operator, CreateApiKey("made by the operator", ["*"]))
    assert (await operator_for_api_key(str(created.id))).customer_id == customer.customer_id


async def test_does_not_act_for_who_is_not_there(database):
    with pytest.raises(NotFound):
        await operator_for_customer(NOBODY)
    with pytest.raises(NotFound):
        await operator_for_api_key(NOBODY)
    with pytest.raises(Invalid):
        await operator_for_customer("Example Ltd")


async def test_lists_the_keys_of_all_customers(customer):
    other = await open_customer("Other Ltd")
    keys = await list_keys_of_all_customers()
    assert [key.customer_id for key in keys] == [other.customer_id, customer.customer_id]
