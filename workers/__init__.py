"""Processes that run verbs outside a request. They hold no rules of their own."""
