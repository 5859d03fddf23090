"""What the example clients ask is in the schema; `make clients` runs them, which takes compilers."""

import json
import re
import runpy
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

ROOT = Path(__file__).parents[1]
CLIENTS = ROOT / "examples" / "clients"
DOCUMENTS = [
    *((file, file.read_text("utf-8")) for file in sorted(CLIENTS.glob("*.graphql"))),
    *(
        (file, file.read_text("utf-8"))
        for name in ("go", "rust/graphql-client")
        for file in (CLIENTS / name).glob("*.graphql")
    ),
    *(
        (file, text)
        for file in [CLIENTS / "relay/src/story.ts"]
        for text in re.findall(r"graphql`(.*?)`", file.read_text("utf-8"), re.DOTALL)
    ),
]
LOCKS = {
    "package.json": "package-lock.json",
    "pyproject.toml": "uv.lock",
    "go.mod": "go.sum",
    "Cargo.toml": "Cargo.lock",
}


@pytest.fixture(scope="module")
def schema():
    return build_schema((ROOT / "schema.graphql").read_text("utf-8"))


@pytest.mark.parametrize(("file", "text"), DOCUMENTS, ids=lambda value: value.name if isinstance(value, Path) else "")
def test_asks_only_what_the_schema_has(schema, file, text):
    assert validate(schema, parse(text)) == []


def test_has_a_folder_of_each_example_with_locked_packages():
    examples = runpy.run_path(str(CLIENTS / "run.py"))["EXAMPLES"]
    assert len(examples) == 9
    for example in examples.values():
        folder = CLIENTS / example.folder
        wanted = [lock for file, lock in LOCKS.items() if (folder / file).exists()]
        assert [lock for lock in wanted if not (folder / lock).exists()] == []
        assert wanted or (folder / "pom.xml").exists()  # Maven has no lock: its versions are exact.


def test_pins_exact_versions_in_typescript():
    for name in ("apollo", "urql", "relay"):
        package = json.loads((CLIENTS / name / "package.json").read_text("utf-8"))
        versions = {**package["dependencies"], **package["devDependencies"]}
        assert [one for one, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
