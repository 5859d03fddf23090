"""One-time tokens that sign a browser in. Each is a file in the data folder: the folder's owner can make and spend
tokens from any process, other users of the machine cannot.

A token's file is named by its hash and holds the time it expires, so reading the folder is not enough to sign in. A
token is spent by one rename of its file, so if two spend it at once, one succeeds.
"""

import contextlib
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

FOLDER = "sign-in"
TOKEN_BYTES = 24
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
GOOD_FOR = timedelta(hours=24)
SPENDING = ".spending"


class TokenNotGood(Exception):
    """This token is unknown, expired or spent. The error does not say which."""


def make_sign_in_token(data_dir: Path, now: datetime) -> str:
    """A new token. It works once, within `GOOD_FOR`."""
    folder = data_dir / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    file = folder / _name(token)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write((now + GOOD_FOR).isoformat())
    return token


@contextlib.contextmanager
def spending(data_dir: Path, token: str, now: datetime) -> Iterator[None]:
    """Take a token for the block. It is spent when the block ends, and good again if the block fails.

    :raises TokenNotGood: there is no such token.
    """
    if not TOKEN.fullmatch(token):
        raise TokenNotGood
    file = data_dir / FOLDER / _name(token)
    taken = file.with_suffix(SPENDING)
    try:
        file.rename(taken)
        expires_at = datetime.fromisoformat(taken.read_text(encoding="ascii"))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        raise TokenNotGood from None
    if expires_at <= now:
        taken.unlink()
        raise TokenNotGood
    try:
        yield
    except BaseException:
        taken.rename(file)
        raise
    taken.unlink()


def forget_sign_in_tokens(data_dir: Path) -> None:
    """End every token that was not spent."""
    shutil.rmtree(data_dir / FOLDER, ignore_errors=True)


def _name(token: str) -> str:
    return hashlib.sha256(token.encode("ascii")).hexdigest()
