"""When Python looks for garbage."""

import gc

# A request of a thousand transfers makes many thousand objects, and so do a hundred deliveries. A collection every 700
# objects cost a request 7 % of its Python.
THRESHOLDS = (10_000, 20, 20)


def look_for_garbage_seldom() -> None:
    """Call it when all is loaded: that stays, so no collection looks through it again."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()
