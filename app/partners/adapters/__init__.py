"""Adapters that connect us to banks."""
