"""A cache of keys, so that a client with thousands of requests a second is looked up once.

A key is remembered for a second at most, and only while this process is notified of revocations: without its listening
connection every request looks its key up. In the process that revokes a key, it ends at once. In others it ends with
the notification, or within a second without one.
"""

import hashlib
from contextlib import ExitStack
from time import monotonic
from uuid import UUID

from app.db.notifications import notifications, resource_topic
from app.kernel.actor import Actor, Via

REMEMBERED_SECONDS_MAX = 1.0
REMEMBERED_KEYS_MAX = 10_000


class RememberedKeys:
    """Actors by the header that let them in. No header is kept, only its SHA-256."""

    def __init__(self) -> None:
        self._entries: dict[bytes, _Entry] = {}

    def recall(self, header: str, via: Via) -> Actor | None:
        """The actor of this header if the cache has it; else None, and the caller looks it up."""
        name = _name(header, via)
        entry = self._entries.get(name)
        if entry is None:
            return None
        if entry.listening.is_rung:
            self._drop(name)
            return None
        return entry.actor if monotonic() < entry.good_until else None

    def remember(self, header: str, actor: Actor, *, looked_up_at: float, seconds_left: float | None) -> None:
        """Remember the actor of this header, looked up at this `monotonic()` time.

        `seconds_left` is how long the key is valid from then on; None for ever. A key looked up before we listened for
        its revocation may have been revoked unnoticed. So the first look-up only starts listening; the next is kept.
        """
        if not actor.credential_ids or not notifications().is_listening:
            return
        name = _name(header, actor.via)
        entry = self._entries.get(name)
        if entry is None:
            if len(self._entries) >= REMEMBERED_KEYS_MAX:
                self._drop(next(iter(self._entries)))
            self._entries[name] = _Entry(actor.credential_ids)
        elif looked_up_at >= entry.listens_since and not entry.listening.is_rung:
            good_for = REMEMBERED_SECONDS_MAX if seconds_left is None else min(REMEMBERED_SECONDS_MAX, seconds_left)
            entry.actor, entry.good_until = actor, looked_up_at + good_for

    def forget(self, credential_id: UUID) -> None:
        """Look this key up again from now on, and the tokens that it made; or this token."""
        for name in [name for name, entry in self._entries.items() if credential_id in entry.credential_ids]:
            self._drop(name)

    def forget_all(self) -> None:
        """Stop listening for all keys. Call before the database is closed."""
        for name in tuple(self._entries):
            self._drop(name)

    def _drop(self, name: bytes) -> None:
        self._entries.pop(name).stack.close()


class _Entry:
    """The key or token of one header. It listens for its revocation from the moment it is made."""

    __slots__ = ("actor", "credential_ids", "good_until", "listening", "listens_since", "stack")

    def __init__(self, credential_ids: tuple[UUID, ...]) -> None:
        self.credential_ids = credential_ids
        self.stack = ExitStack()
        self.listening = self.stack.enter_context(notifications().listen(list(map(resource_topic, credential_ids))))
        self.listens_since = monotonic()
        self.actor: Actor | None = None
        self.good_until = 0.0


def _name(header: str, via: Via) -> bytes:
    return hashlib.sha256(f"{via} {header}".encode()).digest()


remembered_keys = RememberedKeys()
"""The cache of this process."""
