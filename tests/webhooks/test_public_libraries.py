"""Public libraries verify what we sign, with either secret during an overlap, and with the old one no longer after it.

Those of Go, Rust and Java are in languages/.
"""

import base64
import shutil
from pathlib import Path

import pytest
import standardwebhooks
import svix.webhooks

from app.webhooks.signature import sign
from app.webhooks.signing_secret import private_key, public_key_text
from tests.webhooks.signed_cases import cases, expected, verdicts

EXAMPLES = Path(__file__).parents[2] / "examples"
HERE = Path(__file__).parent
VECTOR = "v1a,fldxM4gAKugP6nnt1hdz3sgGfZ6d99nzrMFnZOELIxbzEHoVmAb2ADpkJK7zgPePmPsle0zV9jSeGlHFG2NVAw=="


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
    """Made once, and verified with OpenSSL: `v1a` must not change. The seed is the one of RFC 8032, 7.1, test 1."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert public_key_text(seed) == "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    signature = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', keys=[private_key(seed)])
    assert signature == VECTOR
