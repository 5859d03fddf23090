"""Public libraries verify what we sign, with either secret during an overlap, and with the old one no longer after it.

Those of Go, Rust and Java are in languages/.
"""

import base64
import shutil
from pathlib import Path

import pytest
import standardwebhooks
import svix.webhooks
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.webhooks.signature import sign
from app.webhooks.signing_secret import private_key, public_key_text
from tests.webhooks.signed_cases import cases, expected, verdicts

EXAMPLES = Path(__file__).parents[2] / "examples"
HERE = Path(__file__).parent
VECTOR = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="


@pytest.mark.parametrize("library", [standardwebhooks.Webhook, svix.webhooks.Webhook])
@pytest.mark.parametrize("name", cases())
def test_python_verifies(library, name):
    case, verifies = cases()[name]
    errors = (standardwebhooks.WebhookVerificationError, svix.webhooks.WebhookVerificationError)
    try:
        library(case["secret"]).verify(base64.b64decode(case["body"]), case["headers"])
        found = True
    except errors:
        found = False
    assert found is verifies


def test_node_verifies():
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    if not (EXAMPLES / "node_modules" / "standardwebhooks").exists():
        pytest.skip("the example's packages are not installed: cd examples && npm ci")
    found = verdicts([node, str(HERE / "verify.mjs"), str(EXAMPLES / "package.json")])
    assert found == expected("standardwebhooks", "svix", "v1a")


def test_signs_the_published_vector_of_v1a():
    """The one of Svix's server, in the test of asymmetric keys in its `worker.rs`; verified with `cryptography`."""
    seed = base64.b64decode("6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=")
    assert public_key_text(seed) == "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
    signature = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', keys=[private_key(seed)])
    assert signature == VECTOR


def test_the_published_vector_verifies():
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode("1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="))
    signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    public.verify(base64.b64decode(VECTOR.removeprefix("v1a,")), signed)
