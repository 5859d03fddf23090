"""Webhooks: what `endpoints` (a subscriber's) and `deliveries` (what is sent to them) share.

The docstring of `deliveries` is the map from an event to its recorded attempt.
"""
