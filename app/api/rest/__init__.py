"""The REST door: the paths and bodies of the seeds, and our additions. The seeds are the two documents in `tests/seeds`
whose code samples the API serves.

Each noun has a module of operations (`ledgers`, `endusers`, `transactions`, `payments`, `accounts`). An operation says
its path, the model of its body, and the shape of its answers; the door routes by it, `openapi` describes it. A handler
makes the same command as every other door and calls the same verb. Where the seeds use other names than we do, `values`
translates values, and an operation's `names` translates fields.
"""
