"""Any object of any noun, by its id."""
