"""What may become of a hold, and its status after a change of its amounts, in memory. `Books` moves the money."""

from datetime import datetime
from uuid import UUID

from app.journal.amounts import Amount, minor_units_of
from app.journal.records import Hold
from app.journal.status import HOLD, HoldStatus
from app.kernel.checks import refuse
from app.kernel.errors import InvalidState, Path
from app.kernel.money import MinorUnits, Money

VERSIONS_MAX = 1_000
"""The last change of a hold must end it, so that its transfers and events are not without number."""


def check_placed(hold: Hold, payment_id: UUID | None, path: Path) -> None:
    """Check that the hold is PLACED, and that the payment it belongs to, if any, is the one that asks.

    :raises InvalidState: it is not.
    """
    status = hold.status.value
    if hold.payment_id is not None and payment_id != hold.payment_id:
        raise InvalidState("This hold belongs to a payment, which alone moves it.", path=path, status=status)
    if hold.status is not HoldStatus.PLACED:
        raise InvalidState(f"This hold is {status}.", path=path, status=status)


def check_in_time(hold: Hold, now: datetime, path: Path) -> None:
    """Check that the hold's time is not up.

    :raises InvalidState: it has expired, swept or not.
    """
    if hold.expires_at is not None and hold.expires_at <= now:
        raise InvalidState("This hold has expired.", path=path, status=HoldStatus.EXPIRED.value)


def check_over(hold: Hold, now: datetime, path: Path) -> None:
    """Check that the hold's time is up.

    :raises InvalidState: it is not.
    """
    if hold.expires_at is None or hold.expires_at > now:
        raise InvalidState("This hold's time is not up.", path=path, status=hold.status.value)


def check_may_go_on(hold: Hold, path: Path) -> None:
    """Check that the hold may change once more without ending.

    :raises InvalidState: it has changed too often.
    """
    if hold.version >= VERSIONS_MAX:
        message = f"This hold has changed {VERSIONS_MAX - 1:,} times: capture it finally, or release all that remains."
        raise InvalidState(message, path=path, status=hold.status.value)


def part_of(hold: Hold, asked: Amount | None, path: Path, *, verb: str) -> MinorUnits:
    """So much of what remains of the hold; without an amount, all of it.

    :raises Invalid, AssetMismatch: not so much remains, or the amount is not of the hold's unit.
    """
    if asked is None:
        return hold.remaining
    amount = minor_units_of(asked, hold.unit, path)
    if amount > hold.remaining:
        held = Money(hold.remaining, hold.unit).value
        refuse(f"Only {held} {hold.unit.asset} are held: {verb} at most that.", (*path, "value"))
    return amount


def adjusted_amount(hold: Hold, asked: Amount, path: Path) -> MinorUnits:
    """The hold's new amount.

    :raises Invalid, AssetMismatch: it is less than what is captured and released, or not of the hold's unit.
    """
    amount = minor_units_of(asked, hold.unit, path)
    gone = hold.captured + hold.released
    if amount < gone:
        captured, released = (Money(one, hold.unit).value for one in (hold.captured, hold.released))
        least = Money(gone, hold.unit).value
        refuse(
            f"{captured} {hold.unit.asset} of this hold are captured and {released} released: its amount is at least "
            f"{least}.",
            (*path, "value"),
        )
    return amount


def change(hold: Hold, now: datetime, *, captured: int = 0, released: int = 0, ended: HoldStatus) -> None:
    """Capture and release so much of the hold. If nothing remains then, it is CAPTURED if anything was ever captured,
    else `ended`.
    """
    hold.captured = MinorUnits(hold.captured + captured)
    hold.released = MinorUnits(hold.released + released)
    hold.version += 1
    hold.updated_at = now
    if hold.remaining:
        return
    status = HoldStatus.CAPTURED if hold.captured else ended
    assert HOLD.allows(hold.status, status), f"{HOLD.name}: {hold.status} -> {status} is not in the table"
    hold.status = status
