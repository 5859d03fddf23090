import pytest

from app.api.graphql.context import Context
from app.kernel.errors import Unauthenticated
from app.settings import load_settings


def test_has_no_actor_where_nobody_asked():
    with pytest.raises(Unauthenticated, match="API key is needed"):
        _ = Context(None, load_settings(), "r").actor


def test_makes_a_thing_once_per_operation():
    def loader(context):
        return [context.request_id]

    one, other = Context(None, load_settings(), "a"), Context(None, load_settings(), "b")
    assert one.once(loader) is one.once(loader)
    assert one.once(loader) == ["a"]
    assert other.once(loader) == ["b"]


def test_makes_all_anew_after_it_forgot():
    context = Context(None, load_settings(), "a")
    made = context.once(_loader)
    assert context.once(_loader) is made
    context.forget()
    assert context.once(_loader) is not made


def _loader(_context):
    return []
