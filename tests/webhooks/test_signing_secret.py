"""Signing secrets are shown once and sealed wherever they are stored."""

import base64

import pytest

from app.db.identifiers import new_id
from app.webhooks.signing_secret import UnreadableSecret, Vault, new_signing_key, secret_text

CUSTOMER, ENDPOINT = new_id(), new_id()
SECRET_KEY = "0123456789abcdef0123456789abcdef"


def test_shows_32_bytes_in_base64_after_its_prefix():
    key = new_signing_key()
    assert secret_text(key) == "whsec_" + base64.b64encode(key).decode()
    assert len(key) == 32


def test_opens_what_it_sealed_and_seals_differently_each_time():
    vault, key = Vault(SECRET_KEY), new_signing_key()
    sealed = [vault.seal(key, customer_id=CUSTOMER, endpoint_id=ENDPOINT) for _ in range(2)]
    assert sealed[0] != sealed[1]
    assert key not in sealed[0]
    assert [Vault(SECRET_KEY).open(one, customer_id=CUSTOMER, endpoint_id=ENDPOINT) for one in sealed] == [key, key]


@pytest.mark.parametrize(
    ("secret_key", "customer_id", "endpoint_id"),
    [("x" * 32, CUSTOMER, ENDPOINT), (SECRET_KEY, new_id(), ENDPOINT), (SECRET_KEY, CUSTOMER, new_id())],
    ids=["another key", "another customer", "another endpoint"],
)
def test_opens_only_with_its_key_for_its_endpoint(secret_key, customer_id, endpoint_id):
    sealed = Vault(SECRET_KEY).seal(new_signing_key(), customer_id=CUSTOMER, endpoint_id=ENDPOINT)
    with pytest.raises(UnreadableSecret, match="QUAESTOR_SECRET_KEY"):
        Vault(secret_key).open(sealed, customer_id=customer_id, endpoint_id=endpoint_id)
