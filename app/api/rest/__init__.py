"""The REST door, and the addresses that machines ask: health and readiness."""
