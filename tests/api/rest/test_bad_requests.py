"""What cannot be, over REST: a clear refusal that names the field as it was sent, and nothing written."""

import json

import pytest

from tests.api.rest.conftest import GBP_LEDGER, GOLD_LEDGER, PERSON, refusal

LEDGERS = "/v1/customer/ledgers"
INTER_LEDGER = "/v1/customer/transactions/inter-ledger"
BROWSER = {"Host": "localhost", "Origin": "http://localhost"}
AN_ID = "753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "The body is empty"),
        ("{", "not JSON"),
        ("{}}", "not JSON"),
        ("\ufeff{}", "not JSON"),
        ('{"a": NaN}', "not JSON"),
        ("{'a': 1}", "not JSON"),
        ('{"a": "\\ud800"}', "not JSON"),
        ('{"a": "\\u0000"}', "NUL character"),
        ('{"a": 1, "a": 2}', "`a` stands in one object twice"),
        ('{"ledger_meta": {"b": {"c": 1, "c": 1}}}', "`c` stands in one object twice"),
        ('{"a": ' + "9" * 5_000 + "}", "more digits than can be read"),
        ('{"a": 1e' + "9" * 30 + "}", "more digits than can be read"),
        ("[" * 100_000, "not JSON"),
    ],
)
async def test_cannot_read_what_is_no_json(rest, nothing_changed, content, told):
    await nothing_changed.remember()
    [fault] = refusal(await rest.call("POST", LEDGERS, content=content.encode()), 400, "BAD_REQUEST")
    assert told in fault["message"], fault
    await nothing_changed()


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
async def test_takes_no_other_types(rest, kind):
    response = await rest.call("POST", LEDGERS, GBP_LEDGER, headers={"Content-Type": kind})
    refusal(response, 415, "BAD_REQUEST")


async def test_takes_no_compressed_body(rest):
    response = await rest.call("POST", LEDGERS, GBP_LEDGER, headers={"Content-Encoding": "gzip"})
    refusal(response, 415, "BAD_REQUEST")
    assert response.headers["accept-encoding"] == "identity"


async def test_takes_no_body_without_a_type(rest):
    content = json.dumps(GBP_LEDGER).encode()
    response = await rest._http.request(
        "POST", LEDGERS, headers={"Authorization": f"API-Key {rest.api_key}"}, content=content
    )
    refusal(response, 415, "BAD_REQUEST")


async def test_refuses_a_body_of_five_megabytes(rest, nothing_changed):
    await nothing_changed.remember()
    padded = {**GBP_LEDGER, "ledger_meta": {"a": "x" * 5_000_000}}
    [fault] = refusal(await rest.call("POST", LEDGERS, padded), 413, "BAD_REQUEST")
    assert "1,000,000 bytes" in fault["message"]
    await nothing_changed()


WRONG_LEDGERS = [
    ({"asset_class": 5}, ["asset_class"]),
    ({"asset_class": "CURRENCY"}, ["asset_class"]),
    ({"asset_type": 7}, ["asset_type"]),
    ({"asset_type": "usd"}, ["asset_type"]),
    ({"asset_type": None}, ["asset_type"]),
    ({"partner_product": "Nobody-GBP-1"}, ["partner_product"]),
    ({"ledger_type": "single-user"}, ["ledger_type"]),
    ({"ledger_primary_use_types": []}, ["ledger_primary_use_types"]),
    ({"ledger_primary_use_types": "ledger-primary-use-types-fees"}, ["ledger_primary_use_types"]),
    ({"ledger_primary_use_types": ["fees"]}, ["ledger_primary_use_types", "0"]),
    ({"ledger_who_owns_assets": True}, ["ledger_who_owns_assets"]),
    ({"ledger_t_and_cs_country_of_jurisdiction": "UK"}, ["ledger_t_and_cs_country_of_jurisdiction"]),
    ({"holder_id": "somebody"}, ["holder_id"]),
    ({"holder_id": 1}, ["holder_id"]),
    ({"ledger_meta": [1]}, ["ledger_meta"]),
    ({"ledger_meta": {"a": 2**63}}, ["ledger_meta"]),
    ({"ledger_metadata": {}}, ["ledger_metadata"]),
    ({"holderId": AN_ID}, ["holderId"]),
]


@pytest.mark.parametrize(("change", "path"), WRONG_LEDGERS, ids=str)
async def test_blames_the_field_as_it_was_sent(rest, nothing_changed, change, path):
    await nothing_changed.remember()
    sent = {name: value for name, value in {**GBP_LEDGER, **change}.items() if value is not None}
    response = await rest.call("POST", LEDGERS, sent)
    assert response.status_code == 422, response.text
    assert [fault["path"] for fault in response.json()["errors"]] == [path]
    await nothing_changed()


async def test_tells_all_that_is_wrong_at_once(rest):
    response = await rest.call("POST", LEDGERS, {"asset_class": "money", "holder_id": 7})
    faults = refusal(response, 422, "VALIDATION")
    assert {tuple(fault["path"]) for fault in faults} == {
        ("asset_class",),
        ("holder_id",),
        ("asset_type",),
        ("partner_product",),
        ("ledger_type",),
        ("ledger_primary_use_types",),
        ("ledger_who_owns_assets",),
        ("ledger_t_and_cs_country_of_jurisdiction",),
    }
    assert response.json()["error"] == "validation"


async def test_takes_null_for_absent(rest):
    made = {**GBP_LEDGER, "holder_id": None, "ledger_meta": None}
    assert (await rest.call("POST", LEDGERS, made, key="k")).status_code == 201
    assert (await rest.call("POST", LEDGERS, GBP_LEDGER, key="k")).headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(
    ("written", "is_whole"),
    [("1", True), ("1.0", True), ("1e0", True), ("1.5", False), ("1e300", False), ("true", False), ('"1"', False)],
)
async def test_takes_a_whole_number_however_it_is_written(rest, written, is_whole):
    ledger_id = await rest.gold()
    body = f'{{"ledger_meta": {{}}, "if_version": {written}}}'
    response = await rest.call("PUT", f"{LEDGERS}/{ledger_id}", content=body)
    if is_whole:
        assert response.status_code == 200, response.text
    else:
        assert [fault["path"] for fault in refusal(response, 422, "VALIDATION")] == [["if_version"]]


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("1", "1.0000"),
        ("1.5", "1.5000"),
        ("0.0001", "0.0001"),
        ("1e3", "1000.0000"),
        ("1.25E1", "12.5000"),
        ("12345678901234567890.1234", "12345678901234567890.1234"),
        ("9007199254740993", "9007199254740993.0000"),
        ("0.00010", None),
        ("0.00001", None),
        ("0.123456789012345678", None),
        ("1e-5", None),
        ("0", None),
        ("-1", None),
        ("1e40", None),
        ('"1.5"', None),
        ("true", None),
        ("[1]", None),
        ("null", None),
    ],
)
async def test_reads_amounts_as_exact_decimals(rest, nothing_changed, written, taken):
    ledger_id = await rest.gold()
    await nothing_changed.remember()
    content = f'{{"ledger_id": "{ledger_id}", "amount": {written}}}'
    response = await rest.call("POST", "/v1/customer/transactions/manual-credit", content=content.encode(), key="k")
    if taken is None:
        [fault] = refusal(response, 422, "VALIDATION")
        assert fault["path"] == ["amount"]
        await nothing_changed()
    else:
        assert response.status_code == 201, response.text
        assert (await rest.ledger(ledger_id))["amount"] == taken


@pytest.mark.parametrize(
    "path",
    [
        INTER_LEDGER,
        "/v1/customer/transactions/manual-credit",
        "/v1/customer/transactions/manual-debit",
        "/v1/customer/payments",
    ],
)
async def test_needs_a_key_for_what_moves_money(rest, path):
    body = {
        INTER_LEDGER: {"ledger_from_id": AN_ID, "ledger_to_id": AN_ID, "amount": 1},
        "/v1/customer/payments": {"ledger_from_id": AN_ID, "amount": 1, "beneficiary": {"name": "Grace", "iban": "x"}},
    }.get(path, {"ledger_id": AN_ID, "amount": 1})
    [fault] = refusal(await rest.call("POST", path, body), 422, "VALIDATION")
    assert fault["path"] == ["Idempotency-Key"]
    for key in (" ", "k" * 256):
        [fault] = refusal(await rest.call("POST", path, body, key=key), 422, "VALIDATION")
        assert fault["path"] != ["beneficiary"] or key


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v1/customer", "/v1/customer/ledger", "/api/v1/accounts", "/v1/x/%00"]
)
async def test_knows_no_other_paths(rest, path):
    response = await rest.call("GET", path)
    assert response.status_code == 404
    if path != "/v1":
        refusal(response, 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", LEDGERS, "POST, GET, HEAD, OPTIONS"),
        ("PATCH", f"{LEDGERS}/{AN_ID}", "PUT, GET, HEAD, OPTIONS"),
        ("GET", f"{LEDGERS}/{AN_ID}/assign", "POST, OPTIONS"),
        ("PUT", INTER_LEDGER, "POST, OPTIONS"),
    ],
)
async def test_says_which_methods_a_path_has(rest, method, path, allowed):
    response = await rest.call(method, path)
    refusal(response, 405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == allowed


async def test_answers_head_like_get_and_the_preflight_of_browsers(rest):
    assert (await rest.call("HEAD", LEDGERS)).status_code == 200
    response = await rest.call("OPTIONS", f"{LEDGERS}/{AN_ID}", headers=BROWSER)
    assert response.status_code == 204
    assert response.headers["access-control-allow-methods"] == "PUT, GET, HEAD, OPTIONS"
    assert "idempotency-key" in response.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    ("path", "params", "blamed"),
    [
        (LEDGERS, {"items_per_page": "0"}, ["items_per_page"]),
        (LEDGERS, {"items_per_page": "1001"}, ["items_per_page"]),
        (LEDGERS, {"items_per_page": "ten"}, ["items_per_page"]),
        (LEDGERS, {"last_seen_id": AN_ID}, ["last_seen_id"]),
        (LEDGERS, {"last_seen_id": "x"}, ["last_seen_id"]),
        (LEDGERS, {"holder_id": "x"}, ["holder_id"]),
        (LEDGERS, {"created_at": "yesterday"}, ["created_at"]),
        (LEDGERS, {"page": "2"}, ["page"]),
        (f"{LEDGERS}/changed", {"from_date": "2026-13-01"}, ["from_date"]),
        (f"{LEDGERS}/changed", {"cursor": "abc"}, ["cursor"]),
        (f"{LEDGERS}/entries", {"to_date": "1969-01-01T00:00:00Z"}, ["to_date"]),
        (LEDGERS, {"partner_product": "payrnet-gbp-1"}, ["partner_product"]),
        (f"{LEDGERS}/entries", {"starting_at_date": "2026-01-02", "to_date": "2026-01-01"}, ["to_date"]),
        (
            f"{LEDGERS}/entries",
            {"starting_at_date": "2026-01-01T00:00:00.000001Z", "to_date": "2026-01-01T00:00:00Z"},
            ["to_date"],
        ),
        (
            f"{LEDGERS}/entries",
            {"effective_from_date": "2026-01-02", "effective_to_date": "2026-01-01"},
            ["effective_to_date"],
        ),
        (f"{LEDGERS}/by-iban", {"iban": "GB00"}, ["iban"]),
        (f"{LEDGERS}/by-iban", {}, ["iban"]),
        (f"{LEDGERS}/by-uk-bank-account", {"uk_sort_code": "1", "uk_account_number": "12345678"}, ["uk_sort_code"]),
        (f"{LEDGERS}/{AN_ID}", {"wait": "true"}, ["wait"]),
        ("/v1/customer/endusers/me", {}, ["enduser_id"]),
    ],
)
async def test_blames_the_parameter(rest, path, params, blamed):
    [fault] = refusal(await rest.call("GET", path, params=params), 422, "VALIDATION")
    assert fault["path"] == blamed


async def test_takes_a_parameter_once(rest):
    refusal(await rest.call("GET", f"{LEDGERS}?items_per_page=1&items_per_page=2"), 400, "BAD_REQUEST")
    refusal(await rest.call("GET", f"{LEDGERS}?partner_product=%ff"), 400, "BAD_REQUEST")
    refusal(await rest.call("GET", f"{LEDGERS}?partner_product=%00"), 400, "BAD_REQUEST")


@pytest.mark.parametrize("headers", [{"Authorization": ""}, {"Authorization": "API-Key nonsense"}])
async def test_answers_nobody_without_a_key(rest, headers):
    for method, path in (("GET", LEDGERS), ("POST", LEDGERS), ("GET", "/v1/nowhere"), ("DELETE", LEDGERS)):
        response = await rest.call(method, path, headers=headers)
        refusal(response, 401, "UNAUTHENTICATED")
        assert response.headers["www-authenticate"] == "API-Key"


async def test_refuses_a_page_of_another_origin(rest):
    response = await rest.call("GET", LEDGERS, headers={**BROWSER, "Origin": "https://elsewhere.example"})
    refusal(response, 403, "FORBIDDEN")
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"person": None}, ["person"]),
        ({"company": {"name": "Acme"}}, ["company"]),
        ({"person": {"name": " "}}, ["person", "name"]),
        ({"person": {"name": "Ada", "date_of_birth": "1.4.1987"}}, ["person", "date_of_birth"]),
        ({"email": "nobody"}, ["email"]),
        ({"address": {"country": "UK"}}, ["address", "country"]),
        ({"address": {"zip": "1"}}, ["address", "zip"]),
        ({"enduser_meta": "x"}, ["enduser_meta"]),
    ],
)
async def test_blames_the_field_of_an_enduser(rest, nothing_changed, change, path):
    await nothing_changed.remember()
    response = await rest.call("POST", "/v1/customer/endusers", {**PERSON, **change})
    assert response.status_code == 422, response.text
    assert [fault["path"] for fault in response.json()["errors"]] == [path]
    await nothing_changed()


@pytest.mark.parametrize(
    ("beneficiary", "path"),
    [
        ({"name": "Grace"}, ["beneficiary"]),
        ({"name": "Grace", "iban": "GB00"}, ["beneficiary", "iban"]),
        ({"name": "Grace", "uk_account_number": "12345678"}, ["beneficiary", "uk_sort_code"]),
        ({"name": "Grace", "uk_sort_code": "1", "uk_account_number": "12345678"}, ["beneficiary", "uk_sort_code"]),
        ({"name": "Grace", "uk_sort_code": "202015", "uk_account_number": "1"}, ["beneficiary", "uk_account_number"]),
        ({"iban": "GB33BUKB20201555555555"}, ["beneficiary", "name"]),
    ],
)
async def test_blames_the_field_of_a_beneficiary(rest, beneficiary, path):
    ledger_id = await rest.gold()
    body = {"ledger_from_id": ledger_id, "amount": 1, "beneficiary": beneficiary}
    response = await rest.call("POST", "/v1/customer/payments", body, key="k")
    assert response.status_code == 422, response.text
    assert [fault["path"] for fault in response.json()["errors"]] == [path]


async def test_says_what_is_wrong_with_a_virtual_ledger(rest):
    for change, path in (
        ({"asset_type": "silver"}, ["asset_type"]),
        ({"asset_class": "currency"}, ["asset_class"]),
        ({"ledger_type": 1}, ["ledger_type"]),
    ):
        response = await rest.call("POST", f"{LEDGERS}/virtual", {**GOLD_LEDGER, **change})
        assert [fault["path"] for fault in refusal(response, 422, "VALIDATION")] == [path]


async def test_keeps_no_number_in_metadata_that_it_would_round(rest, nothing_changed):
    await nothing_changed.remember()
    content = json.dumps({**GOLD_LEDGER, "ledger_meta": {"a": "NUMBER"}}).replace('"NUMBER"', "0.1234567890123456789")
    response = await rest.call("POST", f"{LEDGERS}/virtual", content=content.encode())
    [fault] = refusal(response, 422, "VALIDATION")
    assert (fault["path"], "write it as text" in fault["message"]) == (["ledger_meta"], True)
    await nothing_changed()


async def test_refuses_a_browser_under_a_foreign_name_in_the_shape_of_both_doors(rest):
    response = await rest.call("GET", LEDGERS, headers={"Origin": "http://testserver"})
    [fault] = refusal(response, 403, "FORBIDDEN")
    assert (response.json()["error"], fault["extensions"]) == ("forbidden", {"code": "FORBIDDEN"})
