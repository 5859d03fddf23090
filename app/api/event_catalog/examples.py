"""An example of each message, made from its schema. Names of fields and the type of the event say what they hold."""

from typing import Any

from app.api.event_catalog.schema_parts import Schema

INSTANT = "2026-11-20T12:00:00.123456Z"
RESOURCE = "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"
OTHER = "0197c1f0-9d21-7f0a-8c55-6e1b2a3c4d5e"
MESSAGE = "0197c1f0-b3c4-7d8e-a1f2-5b6c7d8e9f01"

TEXTS: dict[str, Any] = {
    "account_number": "73061842",
    "account_reference": "customer-117",
    "asset": "GBP",
    "balance_after": "10.00",
    "bic": "MIDLGB22XXX",
    "currency": "GBP",
    "event_type": "ledger.status.ok",
    "event_types": "ledger.*",
    "header_names": "X-Api-Key",
    "iban": "GB33BUKB20201555555555",
    "jurisdiction": "GB",
    "kind": "ledger.issue",
    "name": "savings",
    "partner_product": "PayrNet-GBP-1",
    "partner_reference": "SIM-5F0C3A9E71D2B846",
    "prefix": "qk_8sYNCglk",
    "public_key": "whpk_Lz8vX3Zt0nq5b2Yw1r9c7d4e6f8g0h2j4k6m8n0p2q4",
    "reason": "asked for by support",
    "reference": "invoice 2026-117",
    "request_id": "a5ee5c34-9bcc-491b-b5aa-690144e7e3a6",
    "scopes": "ledgers:read",
    "sequence": "7",
    "sort_code": "200353",
    "url": "https://example.com/webhooks",
    "value": "10.00",
    "minor_units": "1000",
}
NUMBERS = {"attempt_count": 1, "decimal_places": 2, "retry_count": 1, "scale": 2, "version": 2}
GIVEN_WITH = {
    "closed": {"closed_at", "closed_through"},
    "deleted": {"deleted_at"},
    "revoked": {"revoked_at"},
    "frozen": {"freeze"},
}
"""Fields that are null unless the type ends so."""
NULL = {
    "backing_ledger_id", "ca_certificate_sha256", "client_certificate_sha256", "closed_reason", "description",
    "expires_at", "filter", "group_id", "hold_id", "max_per_second", "payment_id", "previous", "reverses_id",
    "status_reason", "unfreeze_reason",
}.union(*GIVEN_WITH.values())  # fmt: skip


def example_of(schema: Schema, event_type: str) -> dict[str, Any]:
    """A message of this type, as its schema says."""
    noun, *_ = parts = event_type.split(".")
    about, end = parts[-2:]
    told = {about: end.upper()} if about in {"status", "iban_status"} else {}
    message: dict[str, Any] = _Maker(told, NULL - GIVEN_WITH.get(end, set())).value(schema, "")
    for name in ("id", "notification_id"):
        if name in message:
            message[name] = MESSAGE
    data = message.get("data", {})
    if "id" not in data and f"{noun}_id" in data:  # Of a change of balance.
        message["resource"]["id"] = data[f"{noun}_id"]
    for side in ("debit", "credit"):
        if side in data:
            data[side]["id"] = OTHER
    return message


class _Maker:
    """`told`: what the type of the event says of a field; `null`: which fields are null where they may be."""

    def __init__(self, told: dict[str, str], null: set[str]) -> None:
        self._told = told
        self._null = null

    def value(self, schema: Schema, name: str) -> Any:
        """What a field of this name and schema holds."""
        types = schema.get("type", [])
        if name in self._null and ("null" in types or {"type": "null"} in schema.get("oneOf", [])):
            return None
        match schema:
            case {"const": constant}:
                return constant
            case {"enum": values}:
                return self._told[name] if self._told.get(name) in values else values[0]
            case {"oneOf": [first, *_]}:
                return self.value(first, name)
            case {"properties": fields}:
                return {key: self.value(field, key) for key, field in fields.items()}
            case {"items": items}:
                return [] if name == "missing_data" else [self.value(items, name)]
        return self._plain(schema, types, name)

    def _plain(self, schema: Schema, types: Any, name: str) -> Any:
        if schema.get("format") == "uuid":
            return RESOURCE if name == "id" else OTHER
        if schema.get("format") == "date-time":
            return INSTANT
        if types == "boolean":
            return False
        if "integer" in types:
            return NUMBERS[name]
        if "object" in types:
            return {"purpose": "current account"} if name == "metadata" else {}
        return TEXTS[name] if "string" in types else None
