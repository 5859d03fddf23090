"""Which version of Quaestor this is."""

from importlib.metadata import version

VERSION = version("quaestor")
"""As `0.1.0`: the version of the installed package, which `pyproject.toml` sets."""
