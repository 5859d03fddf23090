"""When each type of event happens, in words."""

_IN_OTHER_WORDS = {
    "webhook.ping": "`pingWebhookEndpoint` was called for this endpoint",
    "webhook_delivery.exhausted": "a message failed at every attempt",
    "work.retried": "`retryWork` was called for work that keeps failing, or is out of retries",
}


def when(event_type: str) -> str:
    """What has happened: `the ledger was created`."""
    if event_type in _IN_OTHER_WORDS:
        return _IN_OTHER_WORDS[event_type]
    match event_type.split("."):
        case [noun, ("status" | "iban_status") as column, status]:
            return f"the {words(column)} of the {words(noun)} became `{status.upper()}`"
        case [noun, "balance_changed"]:
            return f"a transfer credited or debited the {noun}; sent only to endpoints that list it"
        case [noun, "overdraft_changed"]:
            return f"the overdraft limit of the {noun} was changed"
        case [noun, "secret_rotated"]:
            return f"the {words(noun)} was given a new secret"
        case ["hold", ("captured" | "released") as verb]:
            return f"a part of the hold was {verb}, and it is still `PLACED`"
        case ["books", verb]:
            return f"the books were {verb}"
        case [noun, verb]:
            return f"the {words(noun)} was {verb}"
    raise AssertionError(event_type)


def words(name: str) -> str:
    """A noun or column as it is spoken."""
    return {"api_key": "API key", "iban_status": "IBAN status"}.get(name, name.replace("_", " "))
