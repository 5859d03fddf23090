"""`quaestor restored`: tell all who follow a feed that the database is a restored one."""

from app.cli.operator_session import run_as_operator
from app.cli.options import DataDir, Json
from app.cli.output import print_data
from app.events.begin_epoch import BegunEpoch, begin_epoch


def restored(*, data_dir: DataDir = None, as_json: Json = False) -> None:
    """After a restore, before the start: refuse cursors from before it, so that no consumer misses events.

    Safe to run twice. Example: `DATABASE_URL=postgresql://quaestor@db/quaestor quaestor restored`
    """
    begun = run_as_operator(data_dir, "restored", begin_epoch)
    data = {"epoch": begun.epoch, "feeds": begun.feeds, "fan_outs_set_back": begun.fan_outs_set_back}
    print_data(data, _told(begun), as_json=as_json)


def _told(begun: BegunEpoch) -> str:
    lines = [
        f"Epoch {begun.epoch} has begun, in {begun.feeds:,} feed{'' if begun.feeds == 1 else 's'}.",
        "Cursors from before are refused with CURSOR_EXPIRED: their consumers read again.",
    ]
    if begun.fan_outs_set_back:
        lines.append(f"Webhooks of {begun.fan_outs_set_back:,} customers go on from the end of the feed.")
    return "\n".join(lines)
