"""The shipped catalog, and others written for a test."""

import pytest

from app.partners.read_catalog import load_catalog
from app.settings import load_settings


@pytest.fixture
def load(tmp_path):
    """Load a catalog written as TOML; None for the shipped one."""

    def load_text(text=None, environment="PLAYLIVE"):
        overrides = {"environment": environment}
        if text is not None:
            path = tmp_path / "catalog.toml"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            overrides["catalog_file"] = path
        return load_catalog(load_settings(**overrides))

    return load_text
