"""Addresses of Redis as people write them."""

from urllib.parse import parse_qs, urlsplit

HOW_TO_WRITE = (
    "it is written redis://user:password@host:6379/0, the number of the database may be left out, and in a password "
    "@ is %40, / is %2F, : is %3A, # is %23, ? is %3F and % is %25"
)


def check_redis_url(url: str) -> str:
    """The address as it was given. Its scheme is not looked at.

    :raises ValueError: saying how one is written; the address may hold a password and is not repeated.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
        [database, *_] = parse_qs(parts.query).get("db") or [parts.path.removeprefix("/")]
    except ValueError:
        raise ValueError(HOW_TO_WRITE) from None
    if parts.scheme != "unix" and database and not (database.isascii() and database.isdigit()):
        raise ValueError(HOW_TO_WRITE)
    return url
