"""The journal as text: `records.py` is what is written, and each program has a module."""
