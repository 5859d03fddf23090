"""What the customer allows a ledger or wallet to do: a freeze forbids debits, credits or both; an overdraft limit lets
it go below zero.

Both are stored twice: with the ledger or wallet, where they are read, and with its posting account, where the journal
decides.
"""
