"""What `quaestor trigger` does: each type of event is made to happen by really doing what it tells of."""
