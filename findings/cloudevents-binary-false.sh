#!/usr/bin/env bash
# cloudevents 2.2.0 (Python): in binary mode the JSON data `false` is sent as "False", which is no JSON, and a boolean attribute as "True".
#
# Expected: both modes carry the same event. Data of application/json is JSON in the body, so `false`, and a string is in quotes. An attribute that is a
# boolean is "true" or "false": the specification's type system gives these as the only forms.
# Seen: whatever is no dict or list is sent as Python's `str`. A receiver in another language cannot parse the body, and the library itself reads it
# back as the text "False", which is true in a condition. Data "5" is sent without quotes and read back as the number 5. In
# structured mode the same events come back as they were.
#
# Output seen (Python 3.11.7):
#   False: structured False, binary body b'False' read as 'False'
#   '5': structured '5', binary body b'5' read as 5
#   an attribute True: structured True, binary header 'True'
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'cloudevents==2.2.0'
"$folder/venv/bin/python" - <<'PYTHON'
from cloudevents.core.bindings import http
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

JSON = JSONFormat()
ATTRIBUTES = {"id": "1", "source": "/ledgers", "type": "ledger.frozen", "specversion": "1.0", "datacontenttype": "application/json"}


def sent(event):
    structured = http.from_structured(http.to_structured(event, JSON), JSON, CloudEvent)
    message = http.to_binary(event, JSON)
    return structured, message, http.from_binary(message, JSON, CloudEvent)


seen = []
for data in (False, "5"):
    structured, message, binary = sent(CloudEvent(ATTRIBUTES, data))
    print(f"{data!r}: structured {structured.get_data()!r}, binary body {message.body!r} read as {binary.get_data()!r}")
    assert structured.get_data() == data
    seen.append((message.body, binary.get_data()))
structured, message, _ = sent(CloudEvent({**ATTRIBUTES, "final": True}, {}))
print(f"an attribute True: structured {structured.get_extension('final')!r}, binary header {message.headers['ce-final']!r}")
assert structured.get_extension("final") is True
assert seen == [(b"False", "False"), (b"5", 5)], "the body is JSON now"
assert message.headers["ce-final"] == "True", "the header has the specification's form now"
PYTHON
