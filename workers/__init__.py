"""Runs verbs outside a request: the worker process. Thin."""
