"""A subscriber's endpoints: make, change, pause, delete and ping them, and rotate their secrets."""
