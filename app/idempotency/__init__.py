"""Same key and same content: same answer. Over all doors, in the transaction of the effect."""
