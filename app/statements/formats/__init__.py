"""What a statement is written as: `table.py` lists the formats, and each has a module.

A writer takes a statement and its spool, and makes bytes piece by piece. What a format cannot say is refused before its
first byte.
"""
