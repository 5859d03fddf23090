import pytest

from app.kernel import errors
from app.kernel.errors import DomainError, ErrorCode, FieldFault, Invalid


def every_refusal(kind=DomainError):
    for refusal in kind.__subclasses__():
        yield refusal
        yield from every_refusal(refusal)


def test_gives_each_refusal_a_code():
    codes = {
        refusal.__name__: refusal.code.value for refusal in every_refusal() if refusal.__module__ == errors.__name__
    }
    assert codes == {
        "Invalid": "VALIDATION",
        "AssetMismatch": "ASSET_MISMATCH",
        "CursorExpired": "CURSOR_EXPIRED",
        "NotFound": "NOT_FOUND",
        "Forbidden": "FORBIDDEN",
        "Conflict": "INVALID_STATE",
        "InvalidState": "INVALID_STATE",
        "DuplicateReference": "DUPLICATE_REFERENCE",
        "VersionConflict": "VERSION_CONFLICT",
        "IdempotencyMismatch": "IDEMPOTENCY_MISMATCH",
        "LimitExceeded": "LIMIT_EXCEEDED",
        "InsufficientFunds": "INSUFFICIENT_FUNDS",
        "BatchRefused": "BATCH_REFUSED",
    }


def test_lists_one_fault_when_no_more_are_given():
    refusal = Invalid("Change it.", path=["name"])
    assert (refusal.path, refusal.message, str(refusal)) == (("name",), "Change it.", "Change it.")
    assert refusal.fields == (FieldFault(("name",), "VALIDATION", "Change it."),)


def test_lists_every_fault_that_was_found():
    faults = [FieldFault(("a",), "VALIDATION", "A"), FieldFault(("b",), "ASSET_MISMATCH", "B")]
    assert Invalid("Change both.", fields=faults).fields == tuple(faults)


def test_carries_what_a_client_needs_to_go_on():
    assert errors.LimitExceeded("Later.", retry_after_seconds=1.5).retry_after_seconds == 1.5
    conflict = errors.DuplicateReference("Taken.", existing_id="x", status="OK")
    assert (conflict.existing_id, conflict.status, conflict.code) == ("x", "OK", ErrorCode.DUPLICATE_REFERENCE)
    assert errors.Forbidden("No.", required_scope="keys:write").required_scope == "keys:write"


def test_is_no_refusal_to_be_unknown():
    with pytest.raises(errors.Unauthenticated, match="Who are you"):
        raise errors.Unauthenticated("Who are you?")
    assert not issubclass(errors.Unauthenticated, DomainError)
