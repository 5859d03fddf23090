"""What its customer allows a ledger or wallet: a freeze forbids debits, credits or both; an overdraft limit lets it go
below zero.

Both stand with the ledger or wallet, to be read and told, and with its posting account, where the journal decides.
"""
