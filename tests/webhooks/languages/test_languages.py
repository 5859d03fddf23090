"""The libraries of Go, Rust and Java verify what we sign. `make test-languages` runs these: compiling takes a while,
and what they need is fetched. Without a compiler its test is skipped.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from app.webhooks.signing_secret import new_signing_key
from tests.test_examples import EVENT_ID, EXAMPLES, Receiver
from tests.webhooks.signed_cases import cases, expected, verdicts

HERE = Path(__file__).parent


def program(name):
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def build(*command, folder, **changes):
    ran = subprocess.run(
        command, cwd=folder, env={**os.environ, **changes}, capture_output=True, text=True, check=False, timeout=900
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.timeout(1_000)
def test_go_verifies(tmp_path):
    build(program("go"), "build", "-o", str(tmp_path / "verify"), ".", folder=HERE / "go")
    assert verdicts([str(tmp_path / "verify")]) == expected("standardwebhooks", "svix", "v1a")


@pytest.mark.timeout(1_000)
def test_the_example_in_go_does_the_work_of_a_verified_message_once(tmp_path):
    build(program("go"), "build", "-o", str(tmp_path / "receiver"), ".", folder=EXAMPLES / "go")
    receiver = Receiver([str(tmp_path / "receiver"), "0"], tmp_path)
    assert receiver.post() == 204
    assert receiver.next_line() == 'ledger.status.ok {"id":"ledger-1","status":"OK"}'
    assert receiver.post() == 204
    assert receiver.next_line() == f"repeat of {EVENT_ID}"
    assert (receiver.post(key=new_signing_key()), receiver.next_line()[:9]) == (400, "refused: ")
    receiver.stop()


@pytest.mark.timeout(1_000)
def test_rust_verifies(tmp_path):
    build(program("cargo"), "build", "--quiet", "--locked", folder=HERE / "rust", CARGO_TARGET_DIR=str(tmp_path))
    assert verdicts([str(tmp_path / "debug" / "verify")]) == expected("standardwebhooks")


@pytest.mark.timeout(1_000)
def test_java_verifies(tmp_path):
    java, maven = program("java"), program("mvn")
    shutil.copytree(HERE / "java", tmp_path / "java")
    goals = ("compile", "dependency:build-classpath", "-Dmdep.outputFile=classpath")
    build(maven, "--quiet", "--batch-mode", *goals, folder=tmp_path / "java")
    classpath = f"target/classes:{(tmp_path / 'java' / 'classpath').read_text()}"
    lines = "".join(
        "\t".join([case["secret"], *(case["headers"][f"webhook-{name}"] for name in NAMES), case["body"]]) + "\n"
        for case, _ in cases().values()
    )
    ran = subprocess.run(
        [java, "-cp", classpath, "Verify"],
        cwd=tmp_path / "java",
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(zip(cases(), map(json.loads, ran.stdout.splitlines()), strict=True))
    assert found == expected("svix")


NAMES = ("id", "timestamp", "signature")
