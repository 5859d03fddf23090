"""The double-entry journal: posting accounts, and the transfers and holds between them.

It knows neither ledgers nor wallets: each of them has a posting account under its own id. `carry_out_batch` is the only
writer of transfers, holds and balances; the verbs reach it through the coalescer, which makes one transaction of many
commands.
"""
