"""The wheel, installed where nothing of the repository is, says its version and serves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from hatchling.builders.wheel import WheelBuilder

from app.kernel.version import VERSION
from tests.cli.running_dev import clean_environment, running_dev

ROOT = Path(__file__).parents[2]
UV = shutil.which("uv", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]


def run(*command, cwd):
    return subprocess.run(
        [*map(str, command)], cwd=cwd, env=clean_environment(), capture_output=True, text=True, check=False
    )


def done(*command, cwd):
    ran = run(*command, cwd=cwd)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture
def quaestor(tmp_path):
    """The program of an environment that has the wheel and what it needs, in the versions of uv.lock."""
    if UV is None:
        pytest.skip("uv is not installed")
    wheel = next(iter(WheelBuilder(str(ROOT)).build(directory=str(tmp_path))))
    locked = tmp_path / "locked.txt"
    export = ("export", "--quiet", "--frozen", "--no-dev", "--all-extras", "--no-emit-project", "--no-hashes")
    locked.write_text(done(UV, *export, "--project", ROOT, cwd=tmp_path))
    environment = tmp_path / "environment"
    done(UV, "venv", "--quiet", "--python", sys.executable, environment, cwd=tmp_path)
    install = (UV, "pip", "install", "--quiet", "--python", environment / "bin" / "python", "--constraint", locked)
    installed = run(*install, f"{wheel}[embedded,demo]", cwd=tmp_path)
    if installed.returncode != 0:
        pytest.skip(f"what the wheel needs cannot be installed: {installed.stderr}")
    return environment / "bin" / "quaestor"


def test_starts_and_serves(quaestor, tmp_path):
    working_dir = tmp_path / "work"
    working_dir.mkdir()
    assert done(quaestor, "--version", cwd=working_dir) == f"quaestor {VERSION}\n"
    with running_dev(working_dir, program=quaestor) as dev, httpx.Client(base_url=dev.url, trust_env=False) as client:
        assert client.get("/healthz").json() == {"status": "ok", "version": VERSION}
        assert client.get("/schema/schema.graphql").text.split("\n")[1].startswith(f"Quaestor {VERSION}: ")
        assert client.get("/openapi.json").json()["info"]["version"] == VERSION
        assert client.get("/explorer/docs/").status_code == 200
        answer = client.post(
            "/graphql",
            json={"query": "{ ledgers(first: 1) { nodes { asset status } } }"},
            headers={"Authorization": f"API-Key {dev.api_key}"},
            timeout=60,
        )
        assert answer.json()["data"]["ledgers"]["nodes"], answer.text
