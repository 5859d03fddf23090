import pytest
import strawberry

from app.api.graphql.context import Context, Info
from app.api.graphql.paging import paged
from app.db.pages import Page
from app.kernel.errors import Invalid
from app.settings import load_settings


@strawberry.type
class Lists:
    @paged("Numbers.", needs="numbers:read")
    async def ordered(self, info: Info, page: Page, above: int = 0) -> list[str]:
        return [repr(page), str(above)]

    @paged("Numbers.", is_ordered=False)
    async def unordered(self, info: Info, page: Page) -> list[str]:
        return [repr(page)]


SCHEMA = strawberry.Schema(query=Lists)


async def answer(query):
    result = await SCHEMA.execute(query, context_value=Context(None, load_settings(), "request"))
    if result.errors:
        raise result.errors[0].original_error
    return result.data


def test_takes_the_place_of_the_page_then_its_own_arguments_then_the_direction():
    fields = SCHEMA._schema.query_type.fields
    assert list(fields["ordered"].args) == ["first", "after", "last", "before", "above", "direction"]
    assert list(fields["unordered"].args) == ["first", "after", "last", "before"]


async def test_gives_the_resolver_the_page_that_is_asked_for():
    assert await answer("{ ordered unordered }") == {"ordered": [repr(Page(50)), "0"], "unordered": [repr(Page(50))]}
    backward = Page(2, None, "b", backward=True, descending=False)
    asked = '{ ordered(last: 2, before: "b", above: 7, direction: ASC) }'
    assert await answer(asked) == {"ordered": [repr(backward), "7"]}


async def test_refuses_a_page_that_is_asked_for_in_two_ways():
    with pytest.raises(Invalid, match=r"Give `first` or `last`, not both\."):
        await answer("{ unordered(first: 1, last: 1) }")
