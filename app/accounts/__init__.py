"""An account groups wallets; a wallet is one named balance in one currency.

How many accounts and wallets are opened in one transaction, in lock order:

1. `orders.py` checks each command by itself, without the database.
2. `open_accounts.py` reserves the idempotency keys, then looks up the holders and ledgers that are named.
3. `write_accounts.py` inserts the accounts by reference, then the wallets by address, each with its posting account.
   A transaction with a reference that another is inserting waits for it here, and then compares contents.
4. It writes one event for each new account and each new wallet.

All of it takes a fixed number of statements, however many commands. `create_account` and `create_wallet` do this with
one command; their plurals do it with many, all or none.
"""
