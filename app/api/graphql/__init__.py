"""GraphQL: one module per noun, assembled by `schema.py`; served over HTTP, server-sent events and WebSocket."""
