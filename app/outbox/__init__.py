"""Work promised in the commit of its cause, and done at least once: claimed with a lease, fenced, recorded."""
