"""Messages are signed as the Standard Webhooks specification says."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
import standardwebhooks
import svix.webhooks

from app.webhooks.signature import sign, signed_headers
from app.webhooks.signing_secret import new_signing_key, secret_text

BODY = json.dumps({"type": "ledger.status.ok", "name": "Zoë"}).encode()
VERIFIERS = [standardwebhooks.Webhook, svix.webhooks.Webhook]


def test_signs_the_example_of_the_specification():
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', keys=[key])
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("verifier", VERIFIERS)
def test_is_verified_by_public_libraries(verifier):
    key = new_signing_key()
    headers = signed_headers("an id", datetime.now(UTC), BODY, keys=[key])
    verifier(secret_text(key)).verify(BODY, headers)  # raises if it is not


@pytest.mark.parametrize("verifier", VERIFIERS)
def test_is_refused_by_public_libraries_when_a_byte_of_the_body_changed(verifier):
    key = new_signing_key()
    headers = signed_headers("an id", datetime.now(UTC), BODY, keys=[key])
    with pytest.raises(Exception, match="signature"):
        verifier(secret_text(key)).verify(BODY + b" ", headers)


@pytest.mark.parametrize("verifier", VERIFIERS)
def test_signs_with_every_live_key_so_that_either_verifies(verifier):
    old, new = new_signing_key(), new_signing_key()
    headers = signed_headers("an id", datetime.now(UTC), BODY, keys=[new, old])
    assert len(headers["webhook-signature"].split(" ")) == 2
    for key in (old, new):
        verifier(secret_text(key)).verify(BODY, headers)


def test_stamps_the_instant_whatever_its_zone():
    instant = datetime(2026, 11, 20, 12, 0, 0, 999_999, tzinfo=UTC)
    elsewhere = instant.astimezone(timezone(timedelta(hours=-7)))
    assert signed_headers("id", elsewhere, BODY, keys=[])["webhook-timestamp"] == "1795176000"
