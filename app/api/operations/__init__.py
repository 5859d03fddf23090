"""What machines ask of a process: whether it lives, whether it can serve, and what it counts."""
