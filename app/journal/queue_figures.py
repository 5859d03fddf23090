"""What is known of a coalescer's queue: how much waits, how large its batches are, and what found no room."""

from app.kernel.histogram import Histogram

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024)


class QueueFigures:
    """The figures of one queue, in instructions: transfers, and placed, captured, released and expired holds."""

    def __init__(self) -> None:
        self.waiting = 0
        """How many wait for a batch now."""
        self.turned_away = 0
        """How many were refused since too many waited."""
        self.batch_sizes = Histogram(BATCH_SIZES)
        """How many each batch took, of one customer."""


queue_figures = QueueFigures()
"""Of the process's one coalescer."""
