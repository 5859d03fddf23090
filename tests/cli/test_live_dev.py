"""`quaestor dev` in LIVE: nothing is made that nobody asked for, and nothing is offered that is not there."""

import json
import re
import subprocess

import pytest

from tests.cli.running_dev import QUAESTOR, clean_environment, running_dev


@pytest.mark.thorough
def test_makes_no_customer_and_offers_neither_graphiql_nor_demo_in_live(tmp_path):
    with running_dev(tmp_path, QUAESTOR_ENVIRONMENT="LIVE") as live:
        listed = subprocess.run(
            [QUAESTOR, "customers", "list", "--json"],
            cwd=tmp_path,
            env=clean_environment(),
            capture_output=True,
            check=True,
            timeout=150,
        )
        assert json.loads(listed.stdout) == []
        assert not (live.data_dir / "api-key").exists()
    said = (tmp_path / "log").read_text("utf-8")
    panel = said[said.index("Quaestor is ready") :]
    assert "GraphiQL" not in panel
    assert "quaestor demo" not in panel
    assert re.search(r"`\S*quaestor customers create NAME` makes a customer with its first one", panel)
