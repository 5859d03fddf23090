"""The kinds of promised work in words: what is to be done, and for what. `workers/routes.py` says who does it."""

WORK_KINDS = {
    "screen_holder": "Screen the holder",
    "index_holders": "Prepare holders for searches",
    "provision_ledger": "Open the ledger at its bank",
    "obtain_iban": "Obtain an IBAN for the ledger",
    "resubmit_ledgers": "Update the ledgers that wait for the holder",
    "send_payment": "Send the payment through its bank",
    "receive_payment": "Take in a payment that arrived at the bank",
    "return_payment": "Give a payment back that could not be taken in",
    "expire_hold": "Let the hold expire",
    "settle_deliveries": "Set the deliveries of the endpoint going, or suspend them",
    "replay_webhooks": "Send webhooks again",
}


def work_in_words(kind: str) -> str:
    """What is to be done: `Open the ledger at its bank`. A kind of a later version is told by its name."""
    return WORK_KINDS.get(kind, kind.replace("_", " ").capitalize())
