"""Build each example client, run it against a real server, and compare what it prints with `expected.txt`.

`make clients` runs all of them, `make clients ARGS="relay urql"` some. Whose compiler is not installed is skipped.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
QUAESTOR, UV = BIN / "quaestor", str(BIN / "uv")
DOCUMENTS = ("schema.graphql", "schema.json", "possibleTypes.json")
START_SECONDS_MAX, STOP_SECONDS_MAX = 300, 60
ANSWER_SECONDS_MAX = 60


class Example(NamedTuple):
    """One client: its folder, what it needs, the commands that build and check it, and the one that runs it."""

    folder: str
    needs: str
    builds: tuple[tuple[str, ...], ...]
    run: tuple[str, ...]


NPM = (("npm", "ci", "--silent", "--ignore-scripts"), ("npm", "run", "--silent", "build"))
PYTHON = (UV, "run", "--locked", "--quiet")
EXAMPLES = {
    "apollo": Example("apollo", "npm", NPM, ("node", "dist/main.js")),
    "urql": Example("urql", "npm", NPM, ("node", "dist/main.js")),
    "relay": Example("relay", "npm", NPM, ("node", "dist/main.js")),
    "ariadne-codegen": Example(
        "ariadne-codegen",
        UV,
        ((*PYTHON, "ariadne-codegen"), (*PYTHON, "mypy", "main.py", "quaestor_client")),
        (*PYTHON, "python", "main.py"),
    ),
    "gql": Example("gql", UV, ((*PYTHON, "mypy", "main.py"),), (*PYTHON, "python", "main.py")),
    "genqlient": Example(
        "go",
        "go",
        (("go", "generate"), ("go", "vet"), ("go", "build", "-o", "dist/story")),
        ("dist/story",),
    ),
    "graphql-client": Example(
        "rust",
        "cargo",
        (("cargo", "build", "--quiet", "--locked", "-p", "story-graphql-client"),),
        ("target/debug/story-graphql-client",),
    ),
    "cynic": Example(
        "rust",
        "cargo",
        (("cargo", "build", "--quiet", "--locked", "-p", "story-cynic"),),
        ("target/debug/story-cynic",),
    ),
    "dgs": Example(
        "java",
        "mvn",
        (("mvn", "--quiet", "--batch-mode", "package"),),
        ("java", "-cp", "target/classes:target/libraries/*", "story.Main"),
    ),
}


@contextmanager
def running_server(folder: Path) -> Iterator[str]:
    """A server of its own, with its data in a folder that goes away with it; yields its address."""
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [QUAESTOR, "dev", "--port", str(port)], cwd=folder, env=environment(), stdout=log, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_ready(address, process)
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS_MAX)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(**changes: str) -> dict[str, str]:
    """Ours, without what would lead a command to another server, and with `changes`."""
    outside = ("QUAESTOR_", "DATABASE_URL", "REDIS_URL", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(outside)} | changes


def fetch(address: str) -> bytes:
    """The body of an answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=ANSWER_SECONDS_MAX) as answer:
        body: bytes = answer.read()
        return body


def wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return when it serves."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        try:
            fetch(f"{address}/readyz")
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    sys.exit("`quaestor dev` did not become ready")


def new_key(folder: Path, name: str) -> str:
    """The first key of a new customer, so that no example meets another's ledgers."""
    command = [QUAESTOR, "customers", "create", name, "--json"]
    made = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, check=True)
    key: str = json.loads(made.stdout)["api_key"]
    return key


def fault_of(name: str, address: str, folder: Path) -> str | None:
    """What is wrong with an example; None: nothing."""
    example = EXAMPLES[name]
    place = HERE / example.folder
    told = environment(QUAESTOR_URL=address, QUAESTOR_API_KEY=new_key(folder, name), NO_PROXY="127.0.0.1")
    for command in example.builds:
        built = subprocess.run(["nice", "-n", "10", *command], cwd=place, env=told, check=False)
        if built.returncode != 0:
            return f"`{' '.join(command)}` failed"
    expected = (HERE / "expected.txt").read_text("utf-8")
    # The second time every key is known, so that nothing is done again.
    again = expected.replace("replayed: false", "replayed: true").replace("9.0000 available", "7.0000 available")
    for attempt, wanted in (("the first time", expected), ("the second time", again)):
        ran = subprocess.run(example.run, cwd=place, env=told, capture_output=True, text=True, check=False)
        if ran.returncode != 0 or ran.stdout != wanted or ran.stderr:
            return f"{attempt} it ended with {ran.returncode} and printed:\n{ran.stdout}{ran.stderr}"
    return None


def main() -> int:
    """Run those that are named, or all; answers the exit code."""
    names = sys.argv[1:] or list(EXAMPLES)
    unknown = [name for name in names if name not in EXAMPLES]
    if unknown:
        print(f"There is no {', '.join(unknown)}. There are: {', '.join(EXAMPLES)}.", file=sys.stderr)
        return 2
    faults = 0
    with tempfile.TemporaryDirectory() as temporary, running_server(Path(temporary)) as address:
        (HERE / "schema").mkdir(exist_ok=True)
        for document in DOCUMENTS:
            (HERE / "schema" / document).write_bytes(fetch(f"{address}/schema/{document}"))
        for name in names:
            if shutil.which(EXAMPLES[name].needs) is None:
                print(f"{name}: skipped, since {EXAMPLES[name].needs} is not installed", flush=True)
                continue
            began = time.monotonic()
            fault = fault_of(name, address, Path(temporary))
            faults += fault is not None
            print(f"{name}: {fault or 'as expected'} ({time.monotonic() - began:.0f} s)", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
