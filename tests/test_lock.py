"""What `make run` and `make test` install comes ready made: a fresh machine has no compiler."""

import re
import tomllib
from pathlib import Path

LOCK = tomllib.loads((Path(__file__).parents[1] / "uv.lock").read_text(encoding="utf-8"))
PACKAGES = {package["name"]: package for package in LOCK["package"]}
READY = re.compile(r"-(?:py3|py2\.py3|cp311|cp3\d+-abi3)-[^/]*(?:none-any|manylinux[^/]*x86_64[^/]*)\.whl$")


def _installed():
    """The names of the packages that are installed for `make test`, and of all that these need."""
    ours = PACKAGES["quaestor"]
    wanted = [*ours["dependencies"], *ours["dev-dependencies"]["dev"]]
    for extra in ours["optional-dependencies"].values():
        wanted += extra
    names = set()
    while wanted:
        one = wanted.pop()
        package = PACKAGES[one["name"]]
        fresh = {one["name"]} | {f"{one['name']}[{extra}]" for extra in one.get("extra", ())}
        if fresh - names:
            names |= fresh
            wanted += package.get("dependencies", [])
            for extra in one.get("extra", ()):
                wanted += package["optional-dependencies"][extra]
    return {name for name in names if "[" not in name}


def test_needs_no_compiler():
    built = {
        name
        for name in _installed() - {"quaestor"}
        if not any(READY.search(wheel["url"]) for wheel in PACKAGES[name].get("wheels", ()))
    }
    assert built == set()


def test_sees_what_would_be_built():
    assert len(_installed()) > 80
    assert "wheels" not in PACKAGES["x940"]
    assert not READY.search("https://host/x-1-cp311-cp311-macosx_11_0_arm64.whl")
