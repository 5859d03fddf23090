"""Send again what was sent before, or what was never sent: one delivery, or all that happened in some time.

`replay_webhooks` counts what matches, and promises the work. `carry_out_replay` does it in batches along the feed, and
keeps its position in the row of the replay, so that it can be killed at any moment. It makes deliveries due; the
pipeline of `app.webhooks.deliveries` sends them like any others. Only so many wait at a time that new events of the
endpoint, and other endpoints, go on meanwhile.
"""
