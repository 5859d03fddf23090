"""Old deliveries and attempts are removed, as the settings say. Events stay: they are the audit trail and the feed."""
