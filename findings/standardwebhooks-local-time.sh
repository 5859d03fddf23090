#!/usr/bin/env bash
# standardwebhooks 1.1.0 and svix 2.9.1 (Python): a webhook signed at an aware time that is not UTC never verifies.
#
# Expected: `sign(msg_id, timestamp, data)` takes a datetime, so an aware one names an instant, whatever its zone, and the signature is
# for that instant's Unix time, as `datetime.timestamp()` gives it for the header.
# Seen: the zone is replaced by UTC and not converted. 12:00+02:00 is signed as 12:00 UTC, two hours later than the header says, so the receiver, of the
# same library, finds no matching signature. With datetime.now(timezone.utc) all is well; with Django's or pendulum's local
# times nothing is, and a developer in London sees it only in summer.
#
# Output seen (Python 3.11.7):
#   standardwebhooks, UTC: verified
#   standardwebhooks, UTC+02:00: No matching signature found
#   svix, UTC: verified
#   svix, UTC+02:00: No matching signature found
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'standardwebhooks==1.1.0' 'svix==2.9.1'
"$folder/venv/bin/python" - <<'PYTHON'
from datetime import datetime, timedelta, timezone
import standardwebhooks, svix

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLKSw"
BODY = '{"type": "ledger.updated"}'


def told(library, prefix, zone):
    webhook = library.Webhook(SECRET)
    now = datetime.now(zone)
    headers = {
        f"{prefix}-id": "msg_1",
        f"{prefix}-timestamp": str(int(now.timestamp())),
        f"{prefix}-signature": webhook.sign("msg_1", now, BODY),
    }
    try:
        webhook.verify(BODY, headers)
    except library.WebhookVerificationError as error:
        return str(error)
    return "verified"


for library, prefix in ((standardwebhooks, "webhook"), (svix.webhooks, "svix")):
    name = library.__name__.split(".")[0]
    utc, local = (told(library, prefix, zone) for zone in (timezone.utc, timezone(timedelta(hours=2))))
    print(f"{name}, UTC: {utc}")
    print(f"{name}, UTC+02:00: {local}")
    assert utc == "verified"
    assert local == "No matching signature found", "the instant is signed now"
PYTHON
