"""Committed facts. One row each: audit trail, change feed, source of subscriptions and of webhooks."""
