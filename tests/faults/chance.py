"""Choices by chance that a seed repeats.

Who works side by side with others draws from a row of its own: in a common one, how fast each is would decide who gets
which number, and the same seed would choose other faults.
"""

import random


def chance_of(part: str, seed: int) -> random.Random:
    """The numbers of this part of a test."""
    return random.Random(f"{part} {seed}")
