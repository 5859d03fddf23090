"""The catalog of events: a JSON Schema of what each type carries, as AsyncAPI at `/events.json`."""
