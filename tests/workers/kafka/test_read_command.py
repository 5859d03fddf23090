import json

import pytest

from app.accounts.orders import CreateAccount, CreateWallet, NewWallet
from workers.kafka.read_command import read_command, told_body_path

ACCOUNT = {
    "operation": "create_account",
    "account_type": "group",
    "account_reference": "customer123",
    "wallets": [
        {"wallet_name": "default", "currency": "USD", "accounting_type": "LIABILITY", "decimal_places": 2},
    ],
    "metadata": {"customer_id": "customer123", "description": "Customer 123 primary account"},
}
WALLET = {
    "operation": "create_wallet",
    "account_reference": "customer123",
    "wallet_name": "savings",
    "currency": "EUR",
    "accounting_type": "liability",
    "decimal_places": 2.0,
    "overdraft_limit": 250.5,
}


def read(body, headers=()):
    return read_command(json.dumps(body).encode(), headers)


def test_reads_the_guides_account():
    asked = read(ACCOUNT)
    assert asked.command == CreateAccount(
        type="GROUP",
        reference="customer123",
        metadata=ACCOUNT["metadata"],
        wallets=(NewWallet("default", "USD", "LIABILITY", 2),),
    )
    assert (asked.operation, asked.account_reference, asked.faults) == ("create_account", "customer123", [])


def test_reads_a_wallet_in_small_letters_and_a_whole_number_with_a_point():
    asked = read(WALLET)
    assert asked.command == CreateWallet(
        "customer123", NewWallet("savings", "EUR", "LIABILITY", 2, overdraft_limit="250.5")
    )


def test_takes_null_for_absent():
    nulls = {"wallets": None, "metadata": None, "holder_id": None, "backing_ledger_id": None}
    asked = read({**ACCOUNT, **nulls})
    assert asked.command == CreateAccount(type="GROUP", reference="customer123")
    assert read({**WALLET, "allow_negative": None}).command.wallet.allow_negative is False
    assert read({**WALLET, "overdraft_limit": None}).command.wallet.overdraft_limit is None


@pytest.mark.parametrize(
    ("sent", "exact"), [("0", "0"), ("5", "5"), ("2.50", "2.5"), ("1e2", "100"), ("0.1", "0.1"), ("1" * 30, "1" * 30)]
)
def test_reads_an_amount_exactly(sent, exact):
    value = json.dumps(WALLET).replace("250.5", sent).encode()
    assert read_command(value, ()).command.wallet.overdraft_limit in {exact, f"{exact}.0"}


def test_takes_an_idempotency_key_from_a_header_however_it_is_written():
    assert read(ACCOUNT, [("Idempotency-Key", b"key-1")]).command.idempotency_key == "key-1"
    assert read(WALLET, [("trace", b"\xff"), ("idempotency-key", b"key-2")]).command.idempotency_key == "key-2"
    assert read(ACCOUNT, [("idempotency-key", None)]).command.idempotency_key is None


def test_passes_no_empty_idempotency_key_over():
    """The verb refuses it, as it does at the other doors."""
    assert read(ACCOUNT, [("idempotency-key", b"")]).command.idempotency_key == ""


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "The message is empty: send a command as a JSON object."),
        (b"", "The message is empty: send a command as a JSON object."),
        (b"[]", "This is a list: send each command as a message of its own."),
        (b"null", 'A command is a JSON object, like {"operation": "create_account", …}.'),
        (b'"create_account"', 'A command is a JSON object, like {"operation": "create_account", …}.'),
        (b"{", "The message is not JSON: Expecting property name enclosed in double quotes at line 1, column 2."),
    ],
)
def test_says_of_what_is_no_object_what_to_send(value, message):
    asked = read_command(value, [])
    assert asked.command is None
    assert [(fault.path, fault.code, fault.message) for fault in asked.faults] == [((), "VALIDATION", message)]


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        ({"operation": "delete_account"}, ("operation",), "There is no such operation: give one of create_account"),
        ({"operation": 1}, ("operation",), "This is a number: give it as text, in quotes."),
        ({"operation": None}, ("operation",), "This field is missing: give it a text."),
        ({"account_reference": 123}, ("account_reference",), "This is a number: give it as text, in quotes."),
        ({"account_reference": None}, ("account_reference",), "This field is missing: give it a text."),
        ({"account_type": True}, ("account_type",), "This is true or false: give it as text, in quotes."),
        ({"wallets": {}}, ("wallets",), "This is an object: give a list, in square brackets."),
        ({"wallets": ["default"]}, ("wallets", "0"), "This is a text: give an object, in curly brackets."),
        ({"wallets": [None]}, ("wallets", "0"), "This is null: give an object, in curly brackets."),
        ({"walets": None}, ("walets",), "There is no such field here. Those that there are: account_reference,"),
        ({"walets": []}, ("walets",), "There is no such field here. Those that there are: account_reference,"),
    ],
)
def test_names_the_field_that_is_wrong(change, path, says):
    asked = read({**ACCOUNT, **change})
    assert asked.command is None
    [fault] = asked.faults
    assert fault.path == path
    assert fault.message.startswith(says)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"decimal_places": "2"}, "This is a text: give it as a whole number, without quotes."),
        ({"decimal_places": 2.5}, "This number is not whole, or too large: give a whole number, like 2."),
        ({"decimal_places": True}, "This is true or false: give it as a whole number, without quotes."),
        ({"decimal_places": None}, "This field is missing: give it a whole number."),
        ({"allow_negative": "no"}, "This is a text: give true or false, without quotes."),
        ({"overdraft_limit": "5"}, "This is a text: give an amount, as a number of at most 38 digits without quotes."),
        ({"overdraft_limit": True}, "This is true or false: give an amount, as a number"),
        ({"currency": 840}, "This is a number: give it as text, in quotes."),
        ({"scale": 2}, "There is no such field here."),
    ],
)
def test_names_the_field_of_a_wallet(change, says):
    [name] = change
    [of_one] = read({**WALLET, **change}).faults
    wallet = {**ACCOUNT["wallets"][0], **change}
    [in_list] = read({**ACCOUNT, "wallets": [ACCOUNT["wallets"][0], wallet]}).faults
    assert (of_one.path, in_list.path) == ((name,), ("wallets", "1", name))
    assert of_one.message.startswith(says)
    assert in_list.message.startswith(says)


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("decimal_places", "This number is not whole, or too large"),
        ("overdraft_limit", "This number has too many digits"),
    ],
)
def test_refuses_a_number_beyond_all_numbers(field, says):
    value = json.dumps({**WALLET, field: 12345}).replace("12345", "1e400").encode()
    [fault] = read_command(value, ()).faults
    assert (fault.path, fault.message.startswith(says)) == ((field,), True)


def test_lists_no_unknown_field_as_known():
    [fault] = read({**ACCOUNT, "acount": None}).faults
    assert fault.path == ("acount",)
    assert "acount" not in fault.message


def test_tells_all_faults_at_once():
    asked = read({"operation": "create_wallet", "decimal_places": "2"})
    assert {fault.path for fault in asked.faults} == {
        (name,) for name in ("account_reference", "wallet_name", "currency", "accounting_type", "decimal_places")
    }


def test_tells_whose_a_bad_command_is_where_that_can_be_read():
    asked = read({**ACCOUNT, "wallets": 1})
    assert (asked.operation, asked.account_reference) == ("create_account", "customer123")
    assert read({**ACCOUNT, "account_reference": ["customer123"]}).account_reference is None


@pytest.mark.parametrize("reference", ["r" * 1_000_000, "r" * 256, "", "  "], ids=len)
def test_takes_no_reference_over_that_no_account_can_have(reference):
    assert read({**ACCOUNT, "operation": None, "account_reference": reference}).account_reference is None
    assert read({**ACCOUNT, "account_reference": reference}).account_reference is None


def test_tells_a_reference_as_it_is_stored():
    assert read({**ACCOUNT, "account_reference": f"  {'r' * 255} "}).account_reference == "r" * 255


@pytest.mark.parametrize("keys", [(b"a", b"b"), (b"a", b"")])
def test_refuses_two_keys(keys):
    asked = read(ACCOUNT, [("Idempotency-Key", key) for key in keys])
    assert asked.command is None
    [fault] = asked.faults
    assert fault.message == "The header idempotency-key is there twice with different values: give it once."
    assert read(ACCOUNT, [("Idempotency-Key", b"a"), ("idempotency-key", b"a")]).command.idempotency_key == "a"


def test_refuses_a_key_that_is_no_text():
    [fault] = read(ACCOUNT, [("idempotency-key", b"\xff")]).faults
    assert (fault.path, fault.message) == (
        ("idempotency-key",),
        "The header idempotency-key is not text in UTF-8.",
    )


def test_tells_a_verbs_complaint_by_the_names_of_the_message():
    assert told_body_path(("input", "wallets", "3", "accountingType")) == ["wallets", "3", "accounting_type"]
    assert told_body_path(("input", "wallet", "name")) == ["wallet_name"]
    assert told_body_path(("reference",)) == ["account_reference"]
