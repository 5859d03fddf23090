"""Each run kills at other moments. A failure prints its seed; QUAESTOR_TEST_SEED repeats the choices that were ours."""

import os
import secrets

import pytest


@pytest.fixture
def seed():
    """Decides when and what is killed."""
    return int(os.environ.get("QUAESTOR_TEST_SEED") or secrets.randbelow(1_000_000))
