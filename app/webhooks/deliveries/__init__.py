"""Deliveries: fanned out of the feed, claimed by a worker, attempted, and recorded.

`fan_out` makes one delivery of each event for each endpoint that wants it. `attempt_deliveries` is a worker's loop: it
claims what is due (`claim_deliveries`, under a lease), attempts it (`attempt_delivery`) within the limits of
`worker_capacity` and `endpoint_share`, and records what came back (`outcome_queue`, `record_attempts`).
`settle_deliveries` suspends, resumes and cancels what an endpoint still has open when its status changes.
"""
