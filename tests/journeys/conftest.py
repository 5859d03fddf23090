"""Whole stories, told through the API of `tests/api/product`."""

from tests.api.product.conftest import application, customer, settings, work  # noqa: F401
