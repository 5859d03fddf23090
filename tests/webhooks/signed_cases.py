"""Messages signed by us, and what a library must say of each; a program in another language reads and judges them."""

import base64
import json
import subprocess
from datetime import UTC, datetime, timedelta

from app.webhooks.signature import signed_headers
from app.webhooks.signing_secret import new_signing_key, private_key, public_key_text, secret_text

OLD, NEW, STRANGE = (new_signing_key() for _ in range(3))
OLD_SEED, NEW_SEED, STRANGE_SEED = (new_signing_key() for _ in range(3))
OVERLAP, AFTER = [NEW, OLD, private_key(NEW_SEED), private_key(OLD_SEED)], [NEW, private_key(NEW_SEED)]
BODY = json.dumps({"type": "ledger.status.ok", "data": {"name": "Zoë"}}, ensure_ascii=False).encode()
LATE = timedelta(minutes=6)


def _case(keys, secret, seed, *, body=BODY, message_id="msg_1", late=timedelta(0), **changed):
    headers = signed_headers(message_id, datetime.now(UTC) - late, BODY, keys=keys)
    return {
        "secret": secret_text(secret),
        "public_key": public_key_text(seed),
        "headers": {**headers, **{name.replace("_", "-"): value for name, value in changed.items()}},
        "body": base64.b64encode(body).decode(),
    }


def cases():
    """Each case by its name, with whether it verifies."""
    return {
        "the new secret during the overlap": (_case(OVERLAP, NEW, NEW_SEED), True),
        "the old secret during the overlap": (_case(OVERLAP, OLD, OLD_SEED), True),
        "the new secret after the overlap": (_case(AFTER, NEW, NEW_SEED), True),
        "the old secret after the overlap": (_case(AFTER, OLD, OLD_SEED), False),
        "a secret of somebody else": (_case(OVERLAP, STRANGE, STRANGE_SEED), False),
        "another body": (_case(OVERLAP, NEW, NEW_SEED, body=BODY + b" "), False),
        "another id": (_case(OVERLAP, NEW, NEW_SEED, webhook_id="msg_2"), False),
        "no signature": (_case([], NEW, NEW_SEED), False),
        "six minutes ago": (_case(OVERLAP, NEW, NEW_SEED, late=LATE), False),
        "six minutes ahead": (_case(OVERLAP, NEW, NEW_SEED, late=-LATE), False),
    }


def verdicts(command, **how):
    """What the program says of each case: by its name, what each of its libraries says."""
    named = cases()
    lines = "".join(json.dumps(case) + "\n" for case, _ in named.values())
    ran = subprocess.run(command, input=lines, capture_output=True, text=True, check=False, timeout=300, **how)
    assert ran.returncode == 0, ran.stderr
    return dict(zip(named, map(json.loads, ran.stdout.splitlines()), strict=True))


def expected(*libraries):
    return {name: dict.fromkeys(libraries, verifies) for name, (_, verifies) in cases().items()}
