"""The example receivers, as programs, with messages that are really signed."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from app.webhooks.signature import signed_headers
from app.webhooks.signing_secret import new_signing_key, secret_text

EXAMPLES = Path(__file__).parents[1] / "examples"
KEY = new_signing_key()
EVENT_ID = "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"
BODY = json.dumps(
    {"id": EVENT_ID, "type": "ledger.status.ok", "data": {"id": "ledger-1", "status": "OK"}}, separators=(",", ":")
).encode()


def python_receiver() -> list[str]:
    return [sys.executable, str(EXAMPLES / "receiver.py"), "0"]


def starlette_receiver() -> list[str]:
    return [sys.executable, str(EXAMPLES / "receiver_starlette.py"), "0"]


def django_receiver() -> list[str]:
    return [sys.executable, str(EXAMPLES / "receiver_django.py"), "0"]


def node_receiver() -> list[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    if not (EXAMPLES / "node_modules" / "svix").exists():
        pytest.skip("the example's package is not installed: cd examples && npm ci")
    return [node, str(EXAMPLES / "receiver.mjs"), "0"]


class Receiver:
    def __init__(self, command: list[str], folder: Path):
        seen = {"SEEN_FILE": str(folder / "seen.sqlite"), "SEEN_FOLDER": str(folder / "seen")}
        environment = {**os.environ, "WEBHOOK_SECRET": secret_text(KEY), **seen}
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        self.url = self.next_line().removeprefix("listening on ")

    def next_line(self) -> str:
        return self._process.stdout.readline().rstrip("\n")

    def post(self, *, body: bytes = BODY, key: bytes = KEY) -> int:
        headers = signed_headers(EVENT_ID, datetime.now(UTC), BODY, keys=[key])
        with httpx.Client(trust_env=False, timeout=60) as client:
            return client.post(self.url, content=body, headers=headers).status_code

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._process.stdout.close()


RECEIVERS = {
    "python": python_receiver,
    "starlette": starlette_receiver,
    "django": django_receiver,
    "node": node_receiver,
}


@pytest.fixture(params=RECEIVERS.values(), ids=RECEIVERS)
def receiver(request, tmp_path):
    started = Receiver(request.param(), tmp_path)
    yield started
    started.stop()


def test_does_the_work_of_a_verified_message_once(receiver):
    assert receiver.post() == 204
    event_type, _, data = receiver.next_line().partition(" ")
    assert (event_type, json.loads(data)) == ("ledger.status.ok", {"id": "ledger-1", "status": "OK"})
    assert receiver.post() == 204
    assert receiver.next_line() == f"repeat of {EVENT_ID}"


def test_refuses_what_somebody_else_signed(receiver):
    assert receiver.post(key=new_signing_key()) == 400
    assert receiver.next_line().startswith("refused: ")


def test_refuses_a_body_that_was_changed_on_the_way(receiver):
    assert receiver.post(body=BODY.replace(b"OK", b"KO")) == 400
    assert receiver.next_line().startswith("refused: ")
    assert receiver.post() == 204  # What was refused does not count as seen.
    assert receiver.next_line().startswith("ledger.status.ok ")


def test_remembers_over_a_restart_what_it_has_seen(tmp_path):
    first = Receiver(python_receiver(), tmp_path)
    assert first.post() == 204
    first.stop()
    second = Receiver(python_receiver(), tmp_path)
    assert (second.post(), second.next_line()) == (204, f"repeat of {EVENT_ID}")
    second.stop()
