"""What the sweeps of this process have done since it began, for its metrics."""

from dataclasses import dataclass


@dataclass(slots=True)
class RemovalCounts:
    """Rows that were removed, sweeps that came to their end, and for how long all of them worked."""

    deliveries: int = 0
    attempts: int = 0
    sweeps: int = 0
    worked_seconds: float = 0.0


removal_counts = RemovalCounts()
