"""The interface of everything that has an id."""

from typing import Annotated

import strawberry

from app.api.graphql.described import argument, described

EXAMPLE_ID = "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"


@strawberry.interface(description="Anything with an id.")
class Node:
    id: strawberry.ID = described(f"A UUID: `{EXAMPLE_ID}`.")


ItsId = Annotated[strawberry.ID, argument(f"Its id: `{EXAMPLE_ID}`.")]
PerhapsItsId = Annotated[strawberry.ID | None, argument(f"Its id: `{EXAMPLE_ID}`.")]
IdInstead = Annotated[strawberry.ID | None, argument(f"Instead of `by`: its id, `{EXAMPLE_ID}`.")]
"""Arguments that name an object."""
