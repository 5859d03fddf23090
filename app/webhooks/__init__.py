"""Webhooks: a subscriber's endpoints, the deliveries due to them, and each attempt at one."""
