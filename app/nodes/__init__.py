"""Any object by its id, over all nouns."""
