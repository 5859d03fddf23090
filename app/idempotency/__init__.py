"""Same key and same content: same answer, through all doors, in the transaction of the effect."""
