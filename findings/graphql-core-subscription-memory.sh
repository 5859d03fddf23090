#!/usr/bin/env bash
# graphql-core 3.3.2: a subscription keeps memory for every event that it has ever delivered.
#
# Expected: the memory of a stream does not depend on how many events it has delivered, since each event is executed by itself.
# Seen: the executor of an event is a copy of the subscription's executor, and shares its cache of collected sub-fields. The
# cache's key holds the identities of the lists of field nodes, and the list at the root is new for each event. So each
# event that selects a field of an object adds an entry that is never found again and never removed.
#
# Output seen (Python 3.11.7, x86-64):
#   entries after 100 events: 100
#   entries after 2000 events: 2000
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'graphql-core==3.3.2'
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
from graphql import Executor, build_schema, parse, subscribe

schema = build_schema("""
  type Query { unused: Int }
  type Entry { amount: Int }
  type Subscription { posted: Entry }
""")
seen = []
real = Executor.build_per_event_executor

def watched(self, payload):
    made = real(self, payload)
    seen.append(made)
    del seen[:-1]
    return made

Executor.build_per_event_executor = watched

async def entries_after(events):
    async def source():
        for number in range(events):
            yield {"posted": {"amount": number}}

    schema.subscription_type.fields["posted"].subscribe = lambda *_: source()
    answers = subscribe(schema, parse("subscription { posted { amount } }"))
    answers = await answers if asyncio.iscoroutine(answers) else answers
    delivered = [answer.data["posted"]["amount"] async for answer in answers]
    assert delivered == list(range(events))
    return len(seen[-1]._relevant_sub_fields)

for events in (100, 2000):
    entries = asyncio.run(entries_after(events))
    print(f"entries after {events} events: {entries}")
    assert entries == events, "graphql-core forgets now: this finding is out of date"
PYTHON
