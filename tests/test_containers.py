"""The compose file and the Dockerfile, as far as they can be checked without a container engine."""

import re
import shlex
import zipfile
from pathlib import Path

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder
from typer.main import get_command

from app.cli.main import application
from app.settings import Settings

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = ("migrate", "api", "worker", "kafka")


@pytest.mark.parametrize("name", OURS)
def test_sets_only_settings_that_exist(name):
    known = {field.alias for field in Settings.model_fields.values()}
    assert set(COMPOSE["services"][name]["environment"]) <= known


@pytest.mark.parametrize("name", OURS)
def test_runs_commands_that_exist(name):
    default = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[-1]
    program, command = COMPOSE["services"][name].get("command", yaml.safe_load(default))[:2]
    assert program == "quaestor"
    assert command in get_command(application).commands


def test_starts_api_and_workers_only_after_the_migration():
    for name in ("api", "worker", "kafka"):
        assert COMPOSE["services"][name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert COMPOSE["services"]["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_has_no_secret_and_listens_on_loopback():
    environment = COMPOSE["services"]["api"]["environment"]
    assert environment["QUAESTOR_SECRET_KEY"].startswith("${QUAESTOR_SECRET_KEY:?")
    assert COMPOSE["services"]["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert COMPOSE["services"]["api"]["ports"] == ["127.0.0.1:8000:8000"]


def test_does_not_run_as_root_and_says_whether_it_is_healthy():
    assert re.search(r"^USER 10001$", DOCKERFILE, re.MULTILINE)
    assert "/readyz" in DOCKERFILE
    for name in ("postgres", "redis", "broker"):
        assert shlex.join(COMPOSE["services"][name]["healthcheck"]["test"])


@pytest.mark.thorough
def test_packs_all_that_is_not_python_into_the_wheel(tmp_path):
    wheel = next(iter(WheelBuilder(str(ROOT)).build(directory=str(tmp_path))))
    packed = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        file.relative_to(ROOT).as_posix()
        for pattern in (
            "app/migrations/*.sql",
            "app/partners/*.toml",
            "app/api/console/static/**/*",
            "app/api/explorer/static/**/*",
            "app/api/rest/static/**/*",
        )
        for file in ROOT.glob(pattern)
        if file.is_file()
    }
    wanted |= {f"app/api/explorer/guide/{page.relative_to(ROOT / 'docs')}" for page in ROOT.glob("docs/**/*.md")}
    assert wanted
    assert wanted <= packed
