"""PostgreSQL and a Redis-compatible server out of Python wheels, for the one-command start and for tests.

Both run as our own children on unix sockets inside the data folder, and none outlives the process that started it,
however that one ends.
"""
