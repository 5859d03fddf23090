"""Who may ask: customers, their API keys, and how a key becomes an actor."""
