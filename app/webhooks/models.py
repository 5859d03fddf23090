"""Tables of this package; imported nowhere else. Their real keys begin with the customer (see the migrations).

Deliveries and attempts have no models: SQL writes and reads many rows at once.
"""

from typing import Any

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model


class EndpointRow(Model):
    """An endpoint as it is stored."""

    id = fields.UUIDField(primary_key=True)
    customer_id = fields.UUIDField()
    url = fields.TextField()
    description = fields.TextField(null=True)
    status = fields.TextField()
    status_reason = fields.TextField(null=True)
    event_types: Any = ArrayField(element_type="text")
    payload = fields.TextField()
    ordered = fields.BooleanField()
    max_per_second = fields.IntField(null=True)
    scopes: Any = ArrayField(element_type="text")
    first_position = fields.BigIntField()
    public_key = fields.TextField(null=True)
    wanted: Any = fields.JSONField(source_field="filter", null=True)
    holder_id = fields.UUIDField(null=True)
    header_names: Any = ArrayField(element_type="text", default=list)
    sealed_headers = fields.BinaryField(null=True)
    ca_certificate = fields.TextField(null=True)
    client_certificate = fields.TextField(null=True)
    sealed_client_key = fields.BinaryField(null=True)
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        """Where it is stored."""

        table = "webhook_endpoints"


class SecretRow(Model):
    """A signing secret, sealed; `expires_at` is when it stops signing."""

    id = fields.UUIDField(primary_key=True)
    customer_id = fields.UUIDField()
    endpoint_id = fields.UUIDField()
    scheme = fields.TextField()
    sealed = fields.BinaryField()
    public_key = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(null=True)

    class Meta:
        """Where it is stored."""

        table = "webhook_secrets"
