"""What mutations of money refuse: what is changed of a good call, the refusal, and the argument to blame."""

from tests.api.product.money import gold, pounds

NOBODY = "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"
AMOUNT_VALUE = "amount.value"


def nested(depth):
    return "deep" if depth == 0 else {"a": nested(depth - 1)}


class Of:
    """Stands for something of the scene: `Of("payer")` is the payer's id."""

    def __init__(self, name):
        self.name = name


def filled(value, scene):
    """The value with what it names of the scene put in."""
    match value:
        case Of():
            return getattr(scene, value.name)
        case dict():
            return {name: filled(inner, scene) for name, inner in value.items()}
        case list():
            return [filled(inner, scene) for inner in value]
    return value


INVALID, MISMATCH = ("ValidationError", "VALIDATION"), ("ValidationError", "ASSET_MISMATCH")
NOT_FOUND, CONFLICT = ("NotFoundError", "NOT_FOUND"), ("ConflictError", "INVALID_STATE")
LACKS, KEYED = ("InsufficientFundsError", "INSUFFICIENT_FUNDS"), ("IdempotencyError", "IDEMPOTENCY_MISMATCH")

# What any of them refuses: by the name of the argument.
BAD_TEXTS = {
    "blank": "  ",
    "too long": "k" * 256,
    "with a control character": "a\u0007b",
}
BAD_METADATA = {
    "a list": [1],
    "a text": "foo",
    "a number": 5,
    "of 17 kB": {"a": "x" * 17_000},
    "nested 100 deep": nested(100),
    "with 201 keys": {str(number): 1 for number in range(201)},
    "with a number beyond 64 bits": {"a": 2**63},
}
BAD_IDS = {"malformed": "not-a-uuid", "in braces": "{" + NOBODY + "}", "without hyphens": NOBODY.replace("-", "")}


def cases_of_every_mutation():
    """Bad ids, keys, references, reasons and metadata, wherever a mutation takes them."""
    takes = {
        "postTransfer": ("debitId", "creditId", "idempotencyKey", "reference", "metadata"),
        "placeHold": ("debitId", "creditId", "idempotencyKey", "reference", "metadata"),
        "creditVirtualLedger": ("ledgerId", "idempotencyKey", "reference", "metadata"),
        "debitVirtualLedger": ("ledgerId", "idempotencyKey", "reference", "metadata"),
        "captureHold": ("holdId", "idempotencyKey"),
        "adjustHold": ("holdId", "idempotencyKey"),
        "releaseHold": ("holdId", "idempotencyKey"),
        "reverseTransfer": ("transferId", "idempotencyKey", "reason"),
        "reverseGroup": ("groupId", "idempotencyKey", "reason"),
    }
    for name, arguments in takes.items():
        for argument in arguments:
            if argument.endswith("Id"):
                yield f"{name}: unknown {argument}", (name, {argument: NOBODY}, NOT_FOUND, argument)
                bad = BAD_IDS
            else:
                bad = BAD_METADATA if argument == "metadata" else BAD_TEXTS
            for how, value in bad.items():
                yield f"{name}: {argument} {how}", (name, {argument: value}, INVALID, argument)


def cases_of_two_sides():
    """What a transfer refuses, a hold refuses too."""
    states = ("closed", "pending", "declined", "in_error")
    for name in ("postTransfer", "placeHold"):
        for state in states:
            for side in ("debitId", "creditId"):
                yield f"{name}: {state} {side}", (name, {side: Of(state)}, CONFLICT, side)
        sides = {
            "to itself": ("payer", "payer", INVALID, "creditId"),
            "virtual to virtual of another asset": ("gold", "whisky", MISMATCH, "creditId"),
            "virtual to real": ("gold", "payee", MISMATCH, "creditId"),
            "real to virtual": ("payer", "gold", MISMATCH, "creditId"),
            "real to real of another asset": ("payer", "euro", MISMATCH, "creditId"),
            "ledger to wallet": ("payer", "wallet", INVALID, "creditId"),
            "wallet to ledger": ("wallet", "payee", INVALID, "creditId"),
            "wallet to wallet of other decimals": ("wallet", "fine_wallet", INVALID, "creditId"),
            "from another customer": ("theirs_payer", "payee", NOT_FOUND, "debitId"),
            "to another customer": ("payer", "theirs_payee", NOT_FOUND, "creditId"),
            "within another customer": ("theirs_payer", "theirs_payee", NOT_FOUND, "debitId"),
        }
        for how, (debit, credit, refusal, argument) in sides.items():
            yield f"{name}: {how}", (name, {"debitId": Of(debit), "creditId": Of(credit)}, refusal, argument)
        funds = {
            "more than there is": ("payer", "payee", "100.01", "debitId"),
            "more than there is beside what is held": ("payer", "payee", "60.00", "debitId"),
            "from an empty ledger": ("spender", "payee", "0.01", "debitId"),
            "from a wallet": ("wallet", "second_wallet", "20.01", "debitId"),
            "to a wallet that pays by being credited": ("wallet", "debit_normal", "5.01", "creditId"),
        }
        for how, (debit, credit, value, argument) in funds.items():
            change = {"debitId": Of(debit), "creditId": Of(credit), "amount": pounds(value)}
            yield f"{name}: {how}", (name, change, LACKS, argument)
        yield f"{name}: of another asset", (name, {"amount": gold("1")}, MISMATCH, "amount.asset")


FROZEN = {
    **{
        f"{name}: {how}": (name, change, CONFLICT, argument)
        for name in ("postTransfer", "placeHold")
        for how, change, argument in (
            ("from what is frozen for debits", {"debitId": Of("frozen_payer")}, "debitId"),
            ("to what is frozen for credits", {"creditId": Of("frozen_payee")}, "creditId"),
            ("from what is frozen", {"debitId": Of("frozen")}, "debitId"),
            ("to what is frozen", {"creditId": Of("frozen")}, "creditId"),
        )
    },
    **{
        f"{name}: of what is frozen": (name, {argument: Of(what), **more}, CONFLICT, argument)
        for name, argument, what, more in (
            ("creditVirtualLedger", "ledgerId", "frozen_gold", {}),
            ("debitVirtualLedger", "ledgerId", "frozen_gold", {}),
            ("captureHold", "holdId", "hold_of_frozen", {}),
            ("adjustHold", "holdId", "hold_of_frozen", {"amount": pounds("2.00")}),
            ("reverseTransfer", "transferId", "of_frozen", {}),
            ("sendPayment", "ledgerId", "frozen_payer", {}),
        )
    },
}
"""What a freeze forbids: each says so."""

CASES = {
    **FROZEN,
    **dict(cases_of_every_mutation()),
    **dict(cases_of_two_sides()),
    # Virtual ledgers.
    **{
        f"{name}: {how}": (name, change, refusal, argument)
        for name in ("creditVirtualLedger", "debitVirtualLedger")
        for how, (change, refusal, argument) in {
            "real money": ({"ledgerId": Of("payer"), "amount": pounds("1")}, INVALID, "ledgerId"),
            "real money of a closed ledger": ({"ledgerId": Of("closed"), "amount": pounds("1")}, INVALID, "ledgerId"),
            "a wallet": ({"ledgerId": Of("wallet"), "amount": pounds("1")}, NOT_FOUND, "ledgerId"),
            "another customer's": ({"ledgerId": Of("theirs_gold")}, NOT_FOUND, "ledgerId"),
            "another asset": ({"amount": {"value": "1", "asset": "GOLDBLOC"}}, MISMATCH, "amount.asset"),
            "money": ({"amount": pounds("1")}, MISMATCH, "amount.asset"),
            "too many decimals": ({"amount": gold("1.00000")}, INVALID, AMOUNT_VALUE),
        }.items()
    },
    "debitVirtualLedger: more than there is": (
        "debitVirtualLedger",
        {"amount": gold("9.0001")},
        LACKS,
        "ledgerId",
    ),
    "debitVirtualLedger: an empty ledger": (
        "debitVirtualLedger",
        {"ledgerId": Of("goldbloc"), "amount": {"value": "0.0001", "asset": "GOLDBLOC"}},
        LACKS,
        "ledgerId",
    ),
    # Holds.
    "placeHold: expired when placed": ("placeHold", {"expiresAt": "2020-01-01T00:00:00Z"}, INVALID, "expiresAt"),
    **{
        f"placeHold: expires {text!r}": ("placeHold", {"expiresAt": text}, INVALID, "expiresAt")
        for text in ("tomorrow", "", "2999-01-01", "2999-01-01T00:00:00", "2999-02-30T00:00:00Z", "32503680000")
    },
    "captureHold: more than held": ("captureHold", {"amount": pounds("40.01")}, INVALID, AMOUNT_VALUE),
    "captureHold: more than remains, not finally": (
        "captureHold",
        {"holdId": Of("in_parts"), "amount": pounds("0.71"), "final": False},
        INVALID,
        AMOUNT_VALUE,
    ),
    "releaseHold: more than remains": (
        "releaseHold",
        {"holdId": Of("in_parts"), "amount": pounds("0.71")},
        INVALID,
        AMOUNT_VALUE,
    ),
    "releaseHold: another asset": ("releaseHold", {"amount": gold("1")}, MISMATCH, "amount.asset"),
    "releaseHold: a part without key": (
        "releaseHold",
        {"amount": pounds("1.00"), "idempotencyKey": None},
        INVALID,
        "idempotencyKey",
    ),
    "releaseHold: a part of a released one": (
        "releaseHold",
        {"holdId": Of("released"), "amount": pounds("1.00")},
        CONFLICT,
        "holdId",
    ),
    "adjustHold: below what is captured and released": (
        "adjustHold",
        {"holdId": Of("in_parts"), "amount": pounds("0.29")},
        INVALID,
        AMOUNT_VALUE,
    ),
    "adjustHold: more than there is": ("adjustHold", {"amount": pounds("1000.00")}, LACKS, "holdId"),
    "adjustHold: another asset": ("adjustHold", {"amount": gold("1")}, MISMATCH, "amount.asset"),
    "adjustHold: a transfer": ("adjustHold", {"holdId": Of("transfer")}, NOT_FOUND, "holdId"),
    "adjustHold: another customer's": ("adjustHold", {"holdId": Of("theirs_hold")}, NOT_FOUND, "holdId"),
    "captureHold: another asset": ("captureHold", {"amount": gold("1")}, MISMATCH, "amount.asset"),
    "captureHold: a transfer": ("captureHold", {"holdId": Of("transfer")}, NOT_FOUND, "holdId"),
    "captureHold: a ledger": ("captureHold", {"holdId": Of("payer")}, NOT_FOUND, "holdId"),
    "captureHold: another customer's": ("captureHold", {"holdId": Of("theirs_hold")}, NOT_FOUND, "holdId"),
    "releaseHold: a transfer": ("releaseHold", {"holdId": Of("transfer")}, NOT_FOUND, "holdId"),
    "releaseHold: another customer's": ("releaseHold", {"holdId": Of("theirs_hold")}, NOT_FOUND, "holdId"),
    **{
        f"{name}: {state} before": (name, {"holdId": Of(state)}, CONFLICT, "holdId")
        for name, states in {
            "captureHold": ("captured", "released", "expired"),
            "releaseHold": ("captured", "expired"),
            "adjustHold": ("captured", "released", "expired"),
        }.items()
        for state in states
    },
    "captureHold: captured before, all of it": (
        "captureHold",
        {"holdId": Of("captured"), "amount": None},
        CONFLICT,
        "holdId",
    ),
    # Reversals.
    "reverseTransfer: a reversed one": ("reverseTransfer", {"transferId": Of("reversed")}, CONFLICT, "transferId"),
    "reverseTransfer: a reversal": ("reverseTransfer", {"transferId": Of("reversal")}, CONFLICT, "transferId"),
    "reverseTransfer: more than was moved": (
        "reverseTransfer",
        {"amount": pounds("1.01")},
        INVALID,
        AMOUNT_VALUE,
    ),
    "reverseTransfer: more than is left": (
        "reverseTransfer",
        {"transferId": Of("partly_reversed"), "amount": pounds("0.61")},
        INVALID,
        AMOUNT_VALUE,
    ),
    "reverseTransfer: a part of a reversed one": (
        "reverseTransfer",
        {"transferId": Of("reversed"), "amount": pounds("0.01")},
        CONFLICT,
        "transferId",
    ),
    "reverseTransfer: another asset": ("reverseTransfer", {"amount": gold("1")}, MISMATCH, "amount.asset"),
    "reverseTransfer: a key of a part": (
        "reverseTransfer",
        {"idempotencyKey": "a part", "transferId": Of("partly_reversed"), "reason": None},
        KEYED,
        "idempotencyKey",
    ),
    "reverseTransfer: what was spent": ("reverseTransfer", {"transferId": Of("spent")}, LACKS, "transferId"),
    "reverseTransfer: with a closed ledger": (
        "reverseTransfer",
        {"transferId": Of("of_closed")},
        CONFLICT,
        "transferId",
    ),
    "reverseTransfer: a hold": ("reverseTransfer", {"transferId": Of("hold")}, NOT_FOUND, "transferId"),
    "reverseTransfer: a ledger": ("reverseTransfer", {"transferId": Of("payer")}, NOT_FOUND, "transferId"),
    "reverseTransfer: another customer's": (
        "reverseTransfer",
        {"transferId": Of("theirs_transfer")},
        NOT_FOUND,
        "transferId",
    ),
    # Groups.
    "reverseGroup: a reversed one": ("reverseGroup", {"groupId": Of("group_reversed")}, CONFLICT, "groupId"),
    "reverseGroup: of reversals": ("reverseGroup", {"groupId": Of("group_of_reversals")}, CONFLICT, "groupId"),
    "reverseGroup: what was spent": ("reverseGroup", {"groupId": Of("group_spent")}, LACKS, "groupId"),
    "reverseGroup: with a closed ledger": ("reverseGroup", {"groupId": Of("group_of_closed")}, CONFLICT, "groupId"),
    "reverseGroup: a transfer": ("reverseGroup", {"groupId": Of("transfer")}, NOT_FOUND, "groupId"),
    "reverseGroup: another customer's": ("reverseGroup", {"groupId": Of("theirs_group")}, NOT_FOUND, "groupId"),
    "reverseGroup: a key with other content": (
        "reverseGroup",
        {"idempotencyKey": "a group"},
        KEYED,
        "idempotencyKey",
    ),
    "reverseGroup: a key with another reason": (
        "reverseGroup",
        {"idempotencyKey": "a group", "groupId": Of("group_reversed"), "reason": "Another."},
        KEYED,
        "idempotencyKey",
    ),
    # What belongs to a payment.
    **{
        f"{name}: of a payment, {what}": (name, {argument: Of(what)}, CONFLICT, argument)
        for name, argument, what in (
            ("captureHold", "holdId", "of_sending"),
            ("releaseHold", "holdId", "of_sending"),
            ("adjustHold", "holdId", "of_sending"),
            ("reverseTransfer", "transferId", "of_sent"),
            ("reverseTransfer", "transferId", "of_received"),
        )
    },
    # Keys.
    "postTransfer: a key with other content": (
        "postTransfer",
        {"idempotencyKey": "a transfer", "amount": pounds("1.01")},
        KEYED,
        "idempotencyKey",
    ),
    "postTransfer: a key with another reference": (
        "postTransfer",
        {"idempotencyKey": "a transfer", "reference": None},
        KEYED,
        "idempotencyKey",
    ),
    "postTransfer: a key with other metadata": (
        "postTransfer",
        {"idempotencyKey": "a transfer", "metadata": {"invoice": "2026-118"}},
        KEYED,
        "idempotencyKey",
    ),
    "postTransfer: a key the other way": (
        "postTransfer",
        {"idempotencyKey": "a transfer", "debitId": Of("payee"), "creditId": Of("payer")},
        KEYED,
        "idempotencyKey",
    ),
    "placeHold: a key with other content": ("placeHold", {"idempotencyKey": "a hold"}, KEYED, "idempotencyKey"),
    "placeHold: a key with another end": (
        "placeHold",
        {"idempotencyKey": "a hold", "amount": pounds("40.00"), "expiresAt": None},
        KEYED,
        "idempotencyKey",
    ),
    "captureHold: a key with other content": ("captureHold", {"idempotencyKey": "a capture"}, KEYED, "idempotencyKey"),
    "captureHold: a key that was final": (
        "captureHold",
        {"idempotencyKey": "a capture", "holdId": Of("captured"), "final": False},
        KEYED,
        "idempotencyKey",
    ),
    "captureHold: a key that was not final": (
        "captureHold",
        {"idempotencyKey": "a part", "holdId": Of("in_parts"), "amount": pounds("0.20")},
        KEYED,
        "idempotencyKey",
    ),
    "adjustHold: a key with other content": (
        "adjustHold",
        {"idempotencyKey": "an adjustment", "holdId": Of("in_parts"), "amount": pounds("1.01")},
        KEYED,
        "idempotencyKey",
    ),
    "releaseHold: a key of a part": (
        "releaseHold",
        {"idempotencyKey": "a part", "holdId": Of("in_parts")},
        KEYED,
        "idempotencyKey",
    ),
    "releaseHold: a key with other content": ("releaseHold", {"idempotencyKey": "a release"}, KEYED, "idempotencyKey"),
    "reverseTransfer: a key with other content": (
        "reverseTransfer",
        {"idempotencyKey": "a reversal"},
        KEYED,
        "idempotencyKey",
    ),
    "reverseTransfer: a key with another reason": (
        "reverseTransfer",
        {"idempotencyKey": "a reversal", "transferId": Of("reversed"), "reason": "Another."},
        KEYED,
        "idempotencyKey",
    ),
    "creditVirtualLedger: a key with other content": (
        "creditVirtualLedger",
        {"idempotencyKey": "a credit", "amount": gold("2")},
        KEYED,
        "idempotencyKey",
    ),
    "debitVirtualLedger: a key with other content": (
        "debitVirtualLedger",
        {"idempotencyKey": "a debit", "amount": gold("2")},
        KEYED,
        "idempotencyKey",
    ),
}
