"""An account groups wallets; a wallet is one named balance in one currency.

How many are opened in one transaction, in the order of the locks:

1. `orders.py` checks each command by itself, without the database.
2. `open_accounts.py` reserves the idempotency keys, then looks up the holders and ledgers that are named.
3. `write_accounts.py` inserts the accounts by reference, then the wallets by address, each with its posting account.
   Who comes second with a reference waits here for who came first, and then compares contents.
4. One event for each account and each wallet that is new.

All of it takes a fixed number of statements, whatever the number of commands. `create_account`, `create_wallet` and
their plurals are this with one command or with all or none.
"""
