"""Tables of this package; imported nowhere else. Their real keys begin with the customer (see the migrations)."""

from typing import Any

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model


class Customer(Model):
    """A tenant."""

    customer_id = fields.UUIDField(primary_key=True)
    name = fields.TextField()
    created_at = fields.DatetimeField()

    class Meta:
        """Where it is stored."""

        table = "customers"


class ApiKeyRow(Model):
    """A key as it is stored: never the key itself, only the hash of its secret."""

    id = fields.UUIDField(primary_key=True)
    customer_id = fields.UUIDField()
    name = fields.TextField()
    prefix = fields.TextField()
    secret_hash = fields.BinaryField()
    scopes: Any = ArrayField("text")
    last_used_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        """Where it is stored."""

        table = "api_keys"
