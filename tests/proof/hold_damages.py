"""What is done to holds and captures by hand, and what a proof finds. Names stand for objects of the rich books."""

HOLD_DAMAGES = {
    "a hold captured without transfer": (
        "UPDATE holds SET status = 'CAPTURED' WHERE id = '{placed}'",
        {"hold-transfers: hold {placed}", "account-held: posting account {first}", "event-hold: hold {placed}"},
    ),
    "a released hold with a transfer": (
        "UPDATE holds SET status = 'RELEASED' WHERE id = '{captured}'",
        {"hold-parts: hold {captured}", "event-hold: hold {captured}"},
    ),
    "a hold captured twice": (
        "UPDATE transfers SET hold_id = '{captured}' WHERE id = '{transfer}'",
        {
            "hold-transfers: hold {captured}",
            "capture-fits-hold: transfer {transfer}",
            "key-transfer: idempotency key postTransfer {transfer_key}",
        },
    ),
    "more captured than held": (
        "UPDATE holds SET amount_minor_units = 2499, released_minor_units = -1 WHERE id = '{captured}'",
        {"hold-parts: hold {captured}", "event-hold: hold {captured}"},
    ),
    "more captured than its transfers moved": (
        "UPDATE holds SET captured_minor_units = captured_minor_units + 1 WHERE id = '{in_parts}'",
        {"hold-transfers: hold {in_parts}", "event-hold: hold {in_parts}"},
    ),
    "a part released by hand": (
        "UPDATE holds SET released_minor_units = released_minor_units + 1 WHERE id = '{in_parts}'",
        {"event-hold: hold {in_parts}"},
    ),
    "a hold adjusted by hand": (
        "UPDATE holds SET amount_minor_units = amount_minor_units + 1 WHERE id = '{in_parts}'",
        {"event-hold: hold {in_parts}", "account-held: posting account {second}"},
    ),
    "a hold that has forgotten its parts": (
        """UPDATE holds SET captured_minor_units = NULL, released_minor_units = NULL, last_transfer_id = NULL,
                            parts_version = NULL
           WHERE id = '{in_parts}'""",
        {"hold-transfers: hold {in_parts}", "event-hold: hold {in_parts}"},
    ),
    "another last capture": (
        "UPDATE holds SET last_transfer_id = '{transfer}' WHERE id = '{in_parts}'",
        {"hold-transfers: hold {in_parts}"},
    ),
    "a sum that is not that of its parts": (
        "UPDATE holds SET amount_minor_units = amount_minor_units + 1 WHERE id = '{captured}'",
        {"hold-parts: hold {captured}", "event-hold: hold {captured}"},
    ),
    "a capture after the end": (
        "UPDATE holds SET updated_at = created_at WHERE id = '{captured}'",
        {"capture-fits-hold: transfer {capture}"},
    ),
    "a capture between others": (
        "UPDATE holds SET credit_id = '{gold}' WHERE id = '{captured}'",
        {"capture-fits-hold: transfer {capture}", "hold-sides: hold {captured}"},
    ),
    "a capture of no hold": (
        "UPDATE transfers SET hold_id = '{nothing}' WHERE id = '{transfer}'",
        {
            "capture-fits-hold: transfer {transfer}",
            "key-transfer: idempotency key postTransfer {transfer_key}",
        },
    ),
    "a hold of less than nothing": (
        "UPDATE holds SET amount_minor_units = - amount_minor_units WHERE id = '{released}'",
        {"hold-amount: hold {released}", "hold-parts: hold {released}", "event-hold: hold {released}"},
    ),
    "a hold between units": (
        "UPDATE holds SET scale = 3 WHERE id = '{released}'",
        {"hold-sides: hold {released}"},
    ),
    "a hold placed again": (
        "UPDATE holds SET status = 'PLACED' WHERE id = '{expired}'",
        {"account-held: posting account {second}", "event-hold: hold {expired}"},
    ),
    "a hold that nobody will end": (
        """UPDATE holds SET status = 'PLACED' WHERE id = '{expired}';
           DELETE FROM outbox_messages WHERE resource_id = '{expired}'""",
        {
            "account-held: posting account {second}",
            "hold-promised: hold {expired}",
            "event-hold: hold {expired}",
        },
    ),
}
