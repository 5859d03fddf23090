"""What spans the nouns: any object by its id, and a customer with all that belongs to it."""
