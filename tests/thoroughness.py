"""How much the tests try that make up their own examples: a little in `make test`, all of it in `make check`."""

import os

EXAMPLES = int(os.environ.get("QUAESTOR_TEST_EXAMPLES", "0"))
"""How many, for whoever wants to search for longer."""
IS_THOROUGH = os.environ.get("QUAESTOR_TEST_THOROUGH") == "1" or EXAMPLES > 0


def examples(thorough: int, quick: int) -> int:
    """How many examples a test tries."""
    return EXAMPLES or (thorough if IS_THOROUGH else quick)
