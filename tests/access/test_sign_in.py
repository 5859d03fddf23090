from datetime import timedelta

import pytest

from app.access.authenticate import authenticate
from app.access.queries import list_api_keys
from app.access.revoke_api_key import revoke_api_key
from app.access.sign_in import SESSION_LASTS, sign_in
from app.access.sign_in_tokens import TokenNotGood, make_sign_in_token
from app.kernel.actor import Via
from app.kernel.clock import utc_now
from app.kernel.errors import Unauthenticated

NOW = utc_now()


@pytest.fixture
def data_dir(tmp_path, customer):
    (tmp_path / "api-key").write_text(f"{customer.api_key}\n")
    return tmp_path


async def test_gives_the_browser_a_key_of_its_own_for_a_day(data_dir, actor, customer):
    session, key = await sign_in(data_dir, make_sign_in_token(data_dir, NOW), NOW)

    let_in = await authenticate(f"API-Key {key}", Via.GRAPHQL)
    assert key != customer.api_key
    assert (let_in.customer_id, let_in.scopes, let_in.api_key_id) == (actor.customer_id, actor.scopes, session.id)
    assert (session.name, session.expires_at - NOW) == ("signed-in browser", SESSION_LASTS)
    assert timedelta(hours=24) == SESSION_LASTS
    assert [one.name for one in await list_api_keys(actor)] == ["signed-in browser", "first key"]


async def test_ends_by_itself_and_leaves_the_first_key_alone(data_dir, actor, customer):
    session, key = await sign_in(data_dir, make_sign_in_token(data_dir, NOW), NOW)
    await revoke_api_key(actor, str(session.id))

    with pytest.raises(Unauthenticated):
        await authenticate(f"API-Key {key}", Via.GRAPHQL)
    assert (await authenticate(f"API-Key {customer.api_key}", Via.GRAPHQL)).name == actor.name


async def test_makes_no_key_without_a_good_token(data_dir, actor):
    token = make_sign_in_token(data_dir, NOW)
    await sign_in(data_dir, token, NOW)
    with pytest.raises(TokenNotGood):
        await sign_in(data_dir, token, NOW)
    assert len(await list_api_keys(actor)) == 2


async def test_keeps_the_token_good_while_there_is_no_first_key(data_dir, customer):
    token = make_sign_in_token(data_dir, NOW)
    (data_dir / "api-key").unlink()
    with pytest.raises(Unauthenticated, match="api-key of the data folder is missing"):
        await sign_in(data_dir, token, NOW)

    (data_dir / "api-key").write_text(customer.api_key)
    _, key = await sign_in(data_dir, token, NOW)
    assert (await authenticate(f"API-Key {key}", Via.GRAPHQL)).customer_id == customer.customer_id
