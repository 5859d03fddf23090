import json
import os
import pty
import re
import subprocess
import time

import httpx
import pytest
from typer.testing import CliRunner

from app.access.sign_in_tokens import make_sign_in_token
from app.cli.main import application
from app.embedded.data_folder import lock
from app.kernel.clock import utc_now
from tests.cli.running_dev import QUAESTOR, clean_environment
from tests.free_ports import free_port

ADDRESS = re.compile(r"(http://127\.0\.0\.1:[0-9]+)/#token=([A-Za-z0-9_-]{32})")
CONSOLE_ADDRESS = re.compile(r"(http://127\.0\.0\.1:[0-9]+)/console/#token=([A-Za-z0-9_-]{32})")
SECONDS_MAX = 150


def login(folder, *arguments, **environment):
    found = CliRunner().invoke(application, ["login", "--data-dir", str(folder), *arguments], env=environment)
    return found.exit_code, found.output if found.exception is None else found.exception


def trade(url, token):
    return httpx.post(f"{url}/explorer/session", json={"token": token}, trust_env=False)


def test_prints_an_address_that_signs_one_browser_in(dev):
    _, printed = login(dev.data_dir)
    url, token = ADDRESS.fullmatch(printed.strip()).groups()
    session = trade(url, token)

    assert (url, session.status_code) == (dev.url, 200)
    headers = {"Authorization": f"API-Key {session.json()['apiKey']}"}
    ask = {"query": "{ ledgers(first: 1) { nodes { asset } } }"}
    answer = httpx.post(f"{url}/graphql", json=ask, headers=headers, trust_env=False)
    assert len(answer.json()["data"]["ledgers"]["nodes"]) == 1
    assert trade(url, token).status_code == 403


def test_prints_an_address_of_the_console(dev):
    _, printed = login(dev.data_dir, "--console")
    url, token = CONSOLE_ADDRESS.fullmatch(printed.strip()).groups()
    session = httpx.post(f"{url}/console/session", json={"token": token}, trust_env=False)

    assert (url, session.status_code) == (dev.url, 200)
    assert trade(url, token).status_code == 403


def test_prints_another_each_time_and_each_is_good(dev):
    _, first = login(dev.data_dir, "--json")
    _, second = login(dev.data_dir, "--json")
    addresses = [ADDRESS.fullmatch(json.loads(printed)["address"]).groups() for printed in (first, second)]
    assert [trade(*address).status_code for address in reversed(addresses)] == [200, 200]


def test_says_where_it_looked_for_a_running_dev(tmp_path):
    done = subprocess.run(
        [QUAESTOR, "login", "--data-dir", str(tmp_path)], env=clean_environment(), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.decode() == (
        f"No `quaestor dev` is running on {tmp_path}. Start it, or name its folder with --data-dir.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_refuses_where_there_is_nothing_to_sign_in_to_or_with(tmp_path):
    with lock(tmp_path, command="dev", address="http://127.0.0.1:1") as folder:
        folder.announce(database_url=None, redis_url=None)
        assert "There is no first key in" in str(login(tmp_path)[1])
        assert "GraphiQL is off here" in str(login(tmp_path, QUAESTOR_GRAPHIQL="false")[1])
        assert "The console is off here" in str(login(tmp_path, "--console", QUAESTOR_CONSOLE="false")[1])
    assert not (tmp_path / "sign-in").exists()


def test_writes_no_secret_into_a_redirected_log(dev):
    log = (dev.working_dir / "log").read_text("utf-8")
    assert "API key    in .quaestor/api-key\n" in log
    told = rf"GraphiQL   {re.escape(dev.url)}/\n           `(\S+) login` prints an address that opens it signed in\n"
    [program] = re.findall(told, log)
    assert program == "quaestor" or (dev.working_dir / program).samefile(QUAESTOR)
    assert "qk_" not in log
    assert "token=" not in log


@pytest.mark.thorough
def test_prints_a_new_address_on_a_terminal_and_forgets_those_of_before(tmp_path, dev):
    settings = {
        "DATABASE_URL": _database_url(dev),
        "REDIS_URL": "redis://127.0.0.1:1",
        "QUAESTOR_SECRET_KEY": (dev.data_dir / "secret-key").read_text().strip(),
    }
    old = make_sign_in_token(tmp_path, utc_now())
    (tmp_path / "api-key").write_text(dev.api_key)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [QUAESTOR, "dev", "--port", str(free_port()), "--data-dir", str(tmp_path)],
        env=clean_environment(**settings),
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        said = _read_until(ours, "Stop       Ctrl-C")
        url, token = ADDRESS.search(said).groups()
        assert f"API key    {dev.api_key}" in said
        assert [trade(url, one).status_code for one in (old, token, token)] == [403, 200, 403]
    finally:
        process.terminate()
        _read_until(ours, None)
        process.wait(SECONDS_MAX)
        os.close(ours)


def _database_url(dev) -> str:
    return json.loads((dev.data_dir / "running.json").read_text())["database_url"]


def _read_until(terminal: int, wanted: str | None) -> str:
    """What it shows, up to the text that is wanted, or to its end."""
    said, deadline = "", time.monotonic() + SECONDS_MAX
    while (wanted is None or wanted not in said) and time.monotonic() < deadline:
        try:
            said += os.read(terminal, 10_000).decode(errors="replace")
        except OSError:  # The other side is closed.
            break
    assert wanted is None or wanted in said
    return said
