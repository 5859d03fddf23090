"""What is secret is sealed wherever it is stored, and opens only where it belongs."""

import pytest

from app.db.identifiers import new_id
from app.settings import load_settings
from app.webhooks.vault import UnreadableSecret, Vault

WHOSE = {"customer_id": new_id(), "endpoint_id": new_id()}
SECRET_KEY, OTHER_KEY = "0123456789abcdef0123456789abcdef", "x" * 32
SECRET = b"a secret of thirty-two bytes ...."


def test_opens_what_it_sealed_and_seals_differently_each_time():
    sealed = [Vault(SECRET_KEY).seal(SECRET, **WHOSE) for _ in range(2)]
    assert sealed[0] != sealed[1]
    assert SECRET not in sealed[0]
    assert [Vault(SECRET_KEY).open(one, **WHOSE) for one in sealed] == [SECRET, SECRET]


@pytest.mark.parametrize(
    ("secret_key", "other"),
    [
        (OTHER_KEY, {}),
        (SECRET_KEY, {"customer_id": new_id()}),
        (SECRET_KEY, {"endpoint_id": new_id()}),
        (SECRET_KEY, {"purpose": "another purpose"}),
    ],
    ids=["another key", "another customer", "another endpoint", "another purpose"],
)
def test_opens_only_with_its_key_where_it_belongs(secret_key, other):
    sealed = Vault(SECRET_KEY).seal(SECRET, **WHOSE)
    with pytest.raises(UnreadableSecret, match="QUAESTOR_SECRET_KEY"):
        Vault(secret_key).open(sealed, **{**WHOSE, **other})


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 64])
def test_does_not_open_what_was_never_sealed(sealed):
    with pytest.raises(UnreadableSecret):
        Vault(SECRET_KEY, OTHER_KEY).open(sealed, **WHOSE)


def test_opens_what_is_under_the_old_key_and_seals_under_the_present_one():
    old, both, new = Vault(SECRET_KEY), Vault(OTHER_KEY, SECRET_KEY), Vault(OTHER_KEY)
    of_old, of_both = old.seal(SECRET, **WHOSE), both.seal(SECRET, **WHOSE)
    assert [both.open(sealed, **WHOSE) for sealed in (of_old, of_both)] == [SECRET, SECRET]
    assert [both.is_current(sealed, **WHOSE) for sealed in (of_old, of_both)] == [False, True]
    assert new.open(of_both, **WHOSE) == SECRET
    with pytest.raises(UnreadableSecret):
        new.open(of_old, **WHOSE)


def test_has_the_keys_of_the_settings(monkeypatch, tmp_path):
    (tmp_path / "old").write_text(SECRET_KEY + "\n")
    monkeypatch.setenv("QUAESTOR_SECRET_KEY", OTHER_KEY)
    monkeypatch.setenv("QUAESTOR_SECRET_KEY_OLD_FILE", str(tmp_path / "old"))
    vault = Vault.of(load_settings())
    assert vault.open(Vault(SECRET_KEY).seal(SECRET, **WHOSE), **WHOSE) == SECRET
    assert vault.is_current(Vault(OTHER_KEY).seal(SECRET, **WHOSE), **WHOSE)
