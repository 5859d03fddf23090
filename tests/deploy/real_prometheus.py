"""A real Prometheus with the configuration and the alerts of `deploy/`, faster by a factor."""

import asyncio
import math
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from app.embedded.child import Child, Launch
from tests.free_ports import free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
FOLDER = DEPLOY / "prometheus"
PROMETHEUS = shutil.which("prometheus")
PROMTOOL = shutil.which("promtool")
needs_prometheus = pytest.mark.skipif(
    None in (PROMETHEUS, PROMTOOL), reason="no prometheus: install it (Debian: apt-get install prometheus)"
)
SCRAPE_SECONDS = 2
"""A slow machine takes so long for a scrape, and no range of the alerts may be shorter than a few of them."""
RANGE_SECONDS_MIN = 5 * SCRAPE_SECONDS
PATIENCE_SECONDS = 150
UNITS = {"s": 1, "m": 60, "h": 3600}


def seconds_of(duration: str) -> int:
    """What `5m` is in seconds."""
    return int(duration[:-1]) * UNITS[duration[-1]]


def faster(rules: dict[str, Any], times: float) -> dict[str, Any]:
    """The same alerts, with every duration so many times shorter."""

    def in_range(found: re.Match[str]) -> str:
        return f"[{max(math.ceil(seconds_of(found[1]) / times), RANGE_SECONDS_MIN)}s]"

    def shorter(rule: dict[str, Any]) -> dict[str, Any]:
        changed = {**rule, "expr": re.sub(r"\[(\d+[smh])\]", in_range, rule["expr"])}
        if "for" in rule:
            changed["for"] = f"{math.ceil(seconds_of(rule['for']) / times)}s"
        return changed

    return {"groups": [{**group, "rules": [shorter(rule) for rule in group["rules"]]} for group in rules["groups"]]}


class RealPrometheus:
    """Asks a running Prometheus."""

    def __init__(self, port: int, log: Path) -> None:
        self._log = log
        self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1/", trust_env=False, timeout=60)

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples that it answers now; an error is a failure of the test."""
        response = await self._http.get("query", params={"query": expression})
        answer = response.json()
        assert answer["status"] == "success", (expression, answer)
        result = answer["data"]["result"]
        assert isinstance(result, list)
        return result

    async def firing(self) -> dict[str, list[dict[str, Any]]]:
        """The alerts that fire now, by name."""
        alerts = (await self._http.get("alerts")).json()["data"]["alerts"]
        firing: dict[str, list[dict[str, Any]]] = {}
        for alert in alerts:
            if alert["state"] == "firing":
                firing.setdefault(alert["labels"]["alertname"], []).append(alert)
        return firing

    async def until(self, is_so: Callable[[], Any], what: str) -> Any:
        """Wait until this coroutine function answers something true; answers it."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not (answer := await is_so()):
                    await asyncio.sleep(0.2)
                return answer
        except TimeoutError:
            raise AssertionError(f"{what}: it did not come to that\n{self._log.read_text(errors='replace')}") from None

    async def until_fires(self, alert: str) -> dict[str, Any]:
        """Wait until an alert fires; answers it."""

        async def fires() -> dict[str, Any] | None:
            return next(iter((await self.firing()).get(alert, [])), None)

        fired: dict[str, Any] = await self.until(fires, f"{alert} fires")
        return fired

    async def until_over(self, alert: str) -> None:
        """Wait until it does not fire any more."""

        async def is_over() -> bool:
            return alert not in await self.firing()

        await self.until(is_over, f"{alert} is over")

    async def until_up(self, count: int) -> None:
        """Wait until so many processes have been scraped."""

        async def are_up() -> bool:
            return len(await self.query('up{job="quaestor"} == 1')) == count

        await self.until(are_up, f"{count} processes are up")

    async def _is_ready(self) -> bool:
        try:
            return (await self._http.get("status/runtimeinfo")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    async def start(self) -> None:
        """Wait until it answers."""
        await self.until(self._is_ready, "Prometheus answers")

    async def close(self) -> None:
        await self._http.aclose()


def check_names(text: str) -> str:
    """What `promtool check metrics` has against what a process tells; empty if nothing."""
    assert PROMTOOL is not None
    ran = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (ran.returncode == 0) == (ran.stdout + ran.stderr == ""), ran
    return ran.stdout + ran.stderr


def _configure(folder: Path, targets: Mapping[str, Sequence[int]], times: float) -> None:
    folder.mkdir()
    configuration = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    configuration["global"] = {
        "scrape_interval": f"{SCRAPE_SECONDS}s",
        "scrape_timeout": f"{SCRAPE_SECONDS}s",
        "evaluation_interval": "1s",
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    (folder / "alerts.yml").write_text(
        yaml.safe_dump(faster(yaml.safe_load((FOLDER / "alerts.yml").read_text()), times))
    )
    told = [
        {"targets": [f"127.0.0.1:{port}" for port in ports], "labels": {"component": component}}
        for component, ports in targets.items()
    ]
    (folder / "targets.yml").write_text(yaml.safe_dump(told))


@asynccontextmanager
async def real_prometheus(
    folder: Path, targets: Mapping[str, Sequence[int]], *, times: float = 30
) -> AsyncIterator[RealPrometheus]:
    """Prometheus as `deploy/` has it, which scrapes these ports of loopback, by component, `times` as fast."""
    _configure(folder, targets, times)
    port, log = free_port(), folder / "log"
    assert PROMETHEUS is not None
    arguments = (
        PROMETHEUS,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    with log.open("wb") as output:
        child = Child(Launch("prometheus", arguments, {}), output=output)
    asking = RealPrometheus(port, log)
    try:
        await asking.start()
        yield asking
    finally:
        await asking.close()
        await asyncio.to_thread(child.stop)
