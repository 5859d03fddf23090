"""How any row with a status moves: through its table of moves, with its version and exactly one event."""
