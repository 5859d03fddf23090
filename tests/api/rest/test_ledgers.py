import json

import pytest

from app.db.connection import fetch
from tests.api.rest.conftest import GBP_LEDGER, GOLD_LEDGER, PERSON, refusal

LEDGERS = "/v1/customer/ledgers"


async def test_issues_a_ledger_and_waits_until_the_bank_has_opened_it(rest, work):
    made = await rest.call(
        "POST", LEDGERS, {**GBP_LEDGER, "holder_id": rest.customer_id, "ledger_meta": {"foo": "bar"}}
    )
    assert made.status_code == 201
    assert list(made.json()) == ["ledger_id"]
    await work()
    ledger = await rest.done("GET", f"{LEDGERS}/{made.json()['ledger_id']}/wait")
    assert ledger["ledger_status"] == "ledger-status-ok"
    assert (ledger["uk_sort_code"], ledger["bic_swift"], ledger["ledger_iban_status"]) == (
        "040052",
        "PAYRGB2LXXX",
        "ledger-iban-status-ok",
    )
    assert ledger["iban"].endswith(ledger["uk_sort_code"] + ledger["uk_account_number"])
    assert (ledger["amount"], ledger["ledger_meta"]) == ("0.00", {"foo": "bar"})
    assert ledger["ledger_holder"] == {"customer_id": rest.customer_id, "company": {"name": "Example Ltd"}}
    for path, params in (
        ("by-iban", {"iban": ledger["iban"].lower()}),
        (
            "by-uk-bank-account",
            {"uk_sort_code": ledger["uk_sort_code"], "uk_account_number": ledger["uk_account_number"]},
        ),
    ):
        assert await rest.done("GET", f"{LEDGERS}/{path}", params=params) == ledger


async def test_takes_a_path_with_a_slash_at_its_end_and_both_forms_of_a_key(rest):
    ledger_id = await rest.issue()
    for headers in ({}, {"Authorization": f"Bearer {rest.api_key}"}):
        response = await rest.call("GET", f"{LEDGERS}/{ledger_id}/", headers=headers)
        assert (response.status_code, response.json()["ledger_id"]) == (200, ledger_id)


async def test_tells_an_event_of_its_door_and_its_request(rest):
    await rest.call("POST", LEDGERS, GBP_LEDGER, headers={"X-Request-Id": "r-17"})
    rows = await fetch("SELECT type, via, request_id FROM events WHERE via <> 'cli'")
    assert [tuple(row) for row in rows] == [("ledger.created", "rest", "r-17")]


async def test_gives_an_unassigned_ledger_its_holder_once(rest, work):
    ledger_id = await rest.issue()
    holder_id = (await rest.done("POST", "/v1/customer/endusers", PERSON))["enduser_id"]
    await work()
    assert await rest.done("GET", f"{LEDGERS}/unassigned") == [{"ledger_id": ledger_id}]
    body = {"holder_id": holder_id}
    assert await rest.done("POST", f"{LEDGERS}/{ledger_id}/assign", body) == {"ledger_id": ledger_id}
    again = await rest.call("POST", f"{LEDGERS}/{ledger_id}/assign", body)
    [fault] = refusal(again, 409, "INVALID_STATE")
    assert again.json()["error"] == "invalid-state-of-entity"
    assert (fault["path"], fault["status"]) == (["ledger_id"], "OK")
    assert await rest.done("GET", f"{LEDGERS}/unassigned") == []
    assert (await rest.ledger(ledger_id))["ledger_holder"] == {
        "enduser_id": holder_id,
        "person": {"name": "Ada Lovelace"},
    }


async def test_assigns_an_iban_to_a_euro_ledger(rest, work):
    ledger_id = await rest.issue(partner_product="PayrNet-EUR-1", asset_type="eur")
    await work()
    ledger = await rest.ledger(ledger_id)
    assert (ledger["ledger_status"], "iban" in ledger, "ledger_iban_status" in ledger) == (
        "ledger-status-ok",
        False,
        False,
    )
    asked = await rest.call("POST", f"{LEDGERS}/{ledger_id}/assign-iban", headers={"Content-Type": "application/json"})
    assert (asked.status_code, asked.json()) == (200, {"ledger_id": ledger_id})
    assert (await rest.ledger(ledger_id))["ledger_iban_status"] == "ledger-iban-status-pending"
    await work()
    ledger = await rest.done("GET", f"{LEDGERS}/{ledger_id}/wait")
    assert (ledger["ledger_iban_status"], len(ledger["iban"])) == ("ledger-iban-status-ok", 22)
    refusal(await rest.call("POST", f"{LEDGERS}/{ledger_id}/assign-iban", {}), 409, "INVALID_STATE")


async def test_closes_a_ledger_twice_as_once(rest, work):
    ledger_id = await rest.issue()
    await work()
    closed = await rest.call("POST", f"{LEDGERS}/{ledger_id}/close", {"reason": "Moved."})
    again = await rest.call("POST", f"{LEDGERS}/{ledger_id}/close")
    assert [(one.status_code, one.headers.get("idempotent-replayed")) for one in (closed, again)] == [
        (200, None),
        (200, "true"),
    ]
    ledger = await rest.ledger(ledger_id)
    assert (ledger["ledger_status"], ledger["ledger_status_reason"]) == ("ledger-status-closed", "Moved.")


async def test_merges_metadata_and_minds_the_version(rest):
    ledger_id = await rest.issue(ledger_meta={"a": 1, "b": 2})
    version = (await rest.ledger(ledger_id))["version"]
    body = {"ledger_meta": {"a": None, "c": {"d": [1.5, True]}}, "if_version": version}
    assert await rest.done("PUT", f"{LEDGERS}/{ledger_id}", body) == {"ledger_id": ledger_id}
    assert (await rest.ledger(ledger_id))["ledger_meta"] == {"b": 2, "c": {"d": ["1.5", True]}}
    refusal(await rest.call("PUT", f"{LEDGERS}/{ledger_id}", body), 409, "VERSION_CONFLICT")


async def test_shows_a_virtual_ledger_with_what_it_has_and_nothing_else(rest):
    ledger_id = await rest.gold(10.5, holder_id=rest.customer_id)
    ledger = json.loads((await rest.call("GET", f"{LEDGERS}/{ledger_id}")).text, parse_float=str)
    assert {name: ledger[name] for name in ("asset_class", "asset_type", "amount", "ledger_status")} == {
        "asset_class": "commodity",
        "asset_type": "gold",
        "amount": "10.5000",
        "ledger_status": "ledger-status-ok",
    }
    assert not {"iban", "partner", "partner_product", "uk_sort_code", "ledger_iban_status"} & set(ledger)


async def test_does_a_request_with_a_key_once(rest):
    first = await rest.call("POST", LEDGERS, GBP_LEDGER, key="ledger 1 — é")
    again = await rest.call("POST", LEDGERS, GBP_LEDGER, key="ledger 1 — é")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert [one.headers.get("idempotent-replayed") for one in (first, again)] == [None, "true"]
    other = await rest.call("POST", LEDGERS, {**GBP_LEDGER, "ledger_type": "ledger-type-omnibus"}, key="ledger 1 — é")
    [fault] = refusal(other, 409, "IDEMPOTENCY_MISMATCH")
    assert fault["path"] == ["Idempotency-Key"]


async def test_lists_pages_that_lead_to_one_another(rest):
    ids = [await rest.gold() for _ in range(5)]
    seen, path = [], f"{LEDGERS}?items_per_page=2"
    while path:
        response = await rest.call("GET", path)
        assert response.status_code == 200
        seen.append([one["ledger_id"] for one in response.json()])
        path = response.links["next"]["url"] if "next" in response.links else None
    assert seen == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"partner_product": "PayrNet-GBP-1"}, ["real"]),
        ({"created_at": "2020-01-01"}, []),
        ({"created_at": "2999-01-01T00:00:00Z"}, ["gold", "real"]),
        ({"holder_id": "HOLDER"}, ["gold"]),
    ],
)
async def test_lists_those_that_are_asked_for(rest, parameters, expected):
    ids = {await rest.issue(): "real", await rest.gold(holder_id=rest.customer_id): "gold"}
    params = {name: value.replace("HOLDER", rest.customer_id) for name, value in parameters.items()}
    found = await rest.done("GET", LEDGERS, params=params)
    assert [ids[one["ledger_id"]] for one in found] == expected


async def test_tells_who_holds_a_ledger_only_to_who_may_read_holders(rest):
    ledger_id = await rest.gold(holder_id=rest.customer_id)
    narrow = await rest.with_scopes("ledgers:read")
    ledger = await narrow.ledger(ledger_id)
    assert (ledger["holder_id"], "ledger_holder" in ledger) == (rest.customer_id, False)
    [fault] = refusal(await narrow.call("POST", f"{LEDGERS}/virtual", GOLD_LEDGER), 403, "FORBIDDEN")
    assert fault["required_scope"] == "ledgers:write"
