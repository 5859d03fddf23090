"""Work promised in the same commit as its cause, and done at least once: claimed with a lease, fenced, recorded."""
