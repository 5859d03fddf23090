"""Apache Kafka's jars: fetched once with Maven, and kept for all work trees of this user."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

PROJECT = Path(__file__).with_name("pom.xml")
FETCHED_WITHIN_SECONDS = 900
INSTALL = "on Debian and Ubuntu: apt-get install default-jre-headless maven"


class NoBroker(Exception):
    """Apache Kafka cannot be had here; the message says what to install."""


def java() -> str:
    """The program that runs jars.

    :raises NoBroker: there is none.
    """
    found = shutil.which("java")
    if found is None:
        raise NoBroker(f"Apache Kafka needs Java 17 or later, and there is no `java` here ({INSTALL}).")
    return found


def jars_folder() -> Path:
    """The folder of the jars, fetched if need be. Several may ask at once: one fetches, the others wait.

    :raises NoBroker: Maven is missing, or could not fetch them.
    """
    kept = _cache() / f"apache-kafka-{version()}"
    if kept.is_dir():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with _alone(kept.parent / "fetching.lock"):
        if not kept.is_dir():
            _fetch(kept)
    return kept


def version() -> str:
    """Which Apache Kafka this is, as `pom.xml` says."""
    names = {"maven": "http://maven.apache.org/POM/4.0.0"}
    found = ET.parse(PROJECT).findtext(".//maven:dependency/maven:version", namespaces=names)  # noqa: S314
    assert found is not None, "it is our own file"
    return found


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "quaestor"


def _fetch(kept: Path) -> None:
    """Fetch into a folder beside it, which gets its name when it is complete: half of it is never used."""
    maven = shutil.which("mvn")
    if maven is None:
        raise NoBroker(f"Apache Kafka is fetched with Maven, and there is no `mvn` here ({INSTALL}).")
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix="fetching-") as name:
        folder = Path(name) / "jars"
        command = (maven, "--batch-mode", "--quiet", "--file", str(PROJECT), "dependency:copy-dependencies")
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            [*command, f"-DoutputDirectory={folder}"],
            capture_output=True,
            text=True,
            timeout=FETCHED_WITHIN_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise NoBroker(f"Maven could not fetch Apache Kafka {version()}:\n{done.stdout}{done.stderr}")
        folder.rename(kept)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
