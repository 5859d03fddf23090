"""Old deliveries and attempts go, as the settings say. Events stay: they are the audit trail and the feed."""
