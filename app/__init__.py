"""The product. It knows nothing of queues: what runs in the background is promised as rows, and `workers` does it."""
