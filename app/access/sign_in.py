"""Sign a browser in: a one-time token becomes an API key of that browser's own."""

from datetime import datetime, timedelta
from pathlib import Path

from app.access.api_key import ApiKey
from app.access.authenticate import authenticate
from app.access.create_api_key import CreateApiKey, create_api_key
from app.access.sign_in_tokens import spending
from app.kernel.actor import Via
from app.kernel.clock import rfc3339
from app.kernel.errors import Unauthenticated

KEY_FILE = "api-key"
KEY_NAME = "signed-in browser"
SESSION_LASTS = timedelta(hours=24)
NO_FIRST_KEY = (
    "There is no first key to sign in with: the file api-key of the data folder is missing or cannot be read."
)


async def sign_in(data_dir: Path, token: str, now: datetime) -> tuple[ApiKey, str]:
    """Spend the token on a new key with the first key's scopes, valid for `SESSION_LASTS`; returns it and its text.

    The browser's own key can be told from others, revoked by itself, and expires within a day. The first key never
    reaches a browser. If no key can be made, the token stays good.

    :raises TokenNotGood: unknown, expired or spent.
    :raises Unauthenticated: the data folder has no first key, or a revoked one.
    :raises DomainError: the first key may not make others.
    """
    with spending(data_dir, token, now):
        first = await authenticate(f"API-Key {_first_key(data_dir)}", Via.GRAPHQL)
        expires_at = rfc3339(now + SESSION_LASTS)
        return await create_api_key(first, CreateApiKey(KEY_NAME, sorted(first.scopes), expires_at))


def _first_key(data_dir: Path) -> str:
    try:
        return (data_dir / KEY_FILE).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, PermissionError):
        raise Unauthenticated(NO_FIRST_KEY) from None
