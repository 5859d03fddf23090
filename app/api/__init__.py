"""The doors: from a protocol to a verb and back. No rules, no SQL."""
