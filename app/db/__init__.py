"""The database: one pool for each process, cancel-safe transactions, migrations, notifications."""
