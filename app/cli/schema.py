"""`quaestor schema`: the GraphQL schema as text."""

from app.cli.options import Json
from app.cli.output import print_data


def schema(*, as_json: Json = False) -> None:
    """Print the GraphQL schema (SDL).

    Example: `quaestor schema > schema.graphql`
    """
    from app.api.graphql.schema import schema as assembled  # noqa: PLC0415 - slow: only who wants it waits for it

    text = assembled.as_str()
    print_data({"sdl": text}, text, as_json=as_json)
