"""Webhooks: what `endpoints` (a subscriber's) and `deliveries` (what is sent to them) share."""
