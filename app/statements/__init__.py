"""Statements of ledgers and wallets, and exports of the whole journal: what spans the nouns.

`draw_statement` finds a statement's span, balances and totals. `spool_statement` also reads its entries, oldest first,
into a file, and checks that they lead from the opening balance to the closing one. The writers of `formats/` make bytes
of that; they know neither the database nor the doors.
"""
