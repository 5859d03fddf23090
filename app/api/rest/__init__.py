"""The REST door: the seeds' paths and bodies, and what is beside them.

Each noun has a module of operations (`ledgers`, `endusers`, `transactions`, `payments`, `accounts`). An operation says
its path, the model of its body, and the shape of its answers; the door routes by it, `openapi` describes it. A handler
makes the same command as every other door and calls the same verb. What the seeds call otherwise than we do is in
`values` (values) and in the operation's `names` (fields).
"""
