"""Deliveries: made from the feed, claimed by a worker, attempted, and recorded.

# One event, from the commit to the recorded attempt

`attempt_deliveries` is a worker's pipeline. Its stages run side by side, and each customer's beside the others', so no
receiver delays the deliveries of another.

| # | stage | what it does | transaction, round trips |
|---|---|---|---|
| 1 | number (`app.events.number_events`) | gives committed events their place in the feed | 2,000 events, 1 |
| 2 | fan out (`fan_out`, `match_messages`) | a delivery of each event for each endpoint | 500 events, 6 or more |
|   | the same of a few (60) | without a lock that is held | 60 deliveries, 3 |
| 3 | claim (`claim_deliveries`) | takes what is due, under a lease | what there is room for, 4 |
| 4 | attempt (`attempt_delivery`, `send_request`) | signs and sends | none is open |
| 5 | record (`outcome_queue`, `record_attempts`) | writes the attempt and what is next | 200 attempts, 1 to 4 |

`app.events.numbering_steps` says when: at once, but a customer with more than 300 events a second is numbered in steps
up to a quarter of a second apart. What is numbered already is fanned out meanwhile. While all of a customer's endpoints
are paused or keep failing, its events gather (`gathering`): the more endpoints it has the longer, up to a second.

One query (`new_events`) says which customers have something for stages 1 and 2, so a single event is sent after five
round trips. One of them, the numbering, waits for the disk.

Each transaction serves one customer, with at most as many rows as the table says. Stage 2 inserts the deliveries of a
few events in one statement, up to 60; of many events, 500 claimed ones in each statement, or 50 others (20 where
nobody waits for the end).
`worker_capacity` and `endpoint_share` say how much room there is. A new delivery skips stage 3 where there is room for
it: fan-out creates it already claimed. The others, and all retries, are due in the table, and any worker claims them
from there. A claim is another write of the row, so while there is enough to send, fan-out waits a little for room.

Of the requests that could begin at the same time, `request_pace` lets a few begin in each turn of the event loop, so
that the other stages go on meanwhile; customers take turns. It also spaces what is done for endpoints that keep
failing: the look for what is due, each customer's claim, and each request. What is claimed and not sent goes back by
`give_back`.

Deliveries of an endpoint that is ordered, or has a rate limit, are claimed by `claim_in_order`. `places` says when a
request to the latter may begin.

An endpoint that keeps failing is paused. `note_failures` counts in the transaction that records them, `turn_endpoint`
changes the status, and `probe_endpoints` claims one suspended delivery from time to time. A worker pauses ten endpoints
a second (`spacing`), so that hundreds that died together do not hold up others. The numbers are in
`app.webhooks.breaker`; `webhook_failing_endpoints` has a row for each endpoint whose last attempt failed.

`settle_deliveries` suspends, resumes and cancels what an endpoint still has open when its status changes. It is
promised work, done beside the pipeline.

# Locks

Fan-out locks its customer's row of `webhook_fan_outs`; a second worker steps aside (SKIP LOCKED). A few events are read
first, and then the row is moved on only if it is still where it was. Fan-out shares the rows of the endpoints, so none
changes its status while deliveries are made for it. Claims skip deliveries that are locked.

A status changes under the lock of the endpoint's row, and the row of its failures is locked after that one. A probe is
claimed under the lock of that row alone, so that two workers never probe at once.

A claim is a lease: a token, and the end of the lease as the time of the next attempt. A request begins only while
enough of the lease is left to finish and record it. Recording requires the token, so a worker whose lease has passed
to another records nothing.

# What a crash leaves

| when the worker dies | what is in the database | what happens next |
|---|---|---|
| before fan-out commits | no delivery; the position is as it was | the next pass makes them, once |
| between a claim and its request | a claimed delivery | it is due again when the lease ends |
| between a request and its record | the same, for the attempt is not known | sent again: same id, same bytes |
| after the record | the attempt, and what is next | nothing is repeated |

Successes that nobody waits for gather for a fiftieth of a second before they are recorded.

The commit of a fan-out does not wait for the disk, and is on it with the next commit that does. So when PostgreSQL
itself crashes, its last deliveries may be gone, with the position of the fan-out. They are made again, and what was
sent already is sent again: same id, same bytes.

A worker that is told to stop claims no more, lets requests end, records them, and gives back what it has not sent.
While the database is away, outcomes wait in `outcome_queue` and are tried again. Outcomes that are given up are lost
as in a crash.
"""
