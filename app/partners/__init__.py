"""Partners are banks: what they offer (the catalog), what we ask of them (the port), and who answers (the adapters)."""
