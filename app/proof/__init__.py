"""What `quaestor verify` proves: every invariant of the books, from the entries up.

It reads the tables of all nouns and changes none. `prove_books` proves a customer, `prove_accounts` each account's
entries and totals. Each `*_rules` file holds the rules of one subject: a rule is the SQL that finds what breaks it.
"""
