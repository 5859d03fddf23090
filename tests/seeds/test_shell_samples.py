"""The ledgers' document: its own requests, sent with curl to a running server, and its answers compared with ours."""

import json

import pytest

from tests.seeds.conftest import run
from tests.seeds.samples import MENDINGS, mended, responses, shell_samples

SAMPLES = shell_samples()
LEDGERS = "/v1/customer/ledgers"
KINDS = {str: "text", int: "number", float: "number", bool: "flag", list: "list", dict: "object", type(None): "null"}
OURS_BESIDE = {
    "version": "counts changes, for `if_version` of an update",
    "balance": "with what is held, and the sequence of its last entry",
    "decimal_places": "how many decimals its amounts have",
    "is_settled": "whether anything about it is still under way",
    "is_virtual": "whether no bank stands behind it",
}
"""What our answer has beside the document's, and why."""


async def send(method, path, url, key, ledger_id=""):
    arguments = [mended(one, url, key, ledger_id) for one in SAMPLES[method, path]]
    return json.loads(await run("curl", "--silent", "--fail-with-body", *arguments))


def kinds(value):
    """Keys and kinds of values, all the way down; of a list the kinds that are in it."""
    match value:
        case dict():
            return {name: kinds(one) for name, one in value.items()}
        case list():
            return sorted({json.dumps(kinds(one)) for one in value})
    return KINDS[type(value)]


def test_has_all_requests_of_the_document():
    assert list(SAMPLES) == [
        ("POST", LEDGERS),
        ("POST", f"{LEDGERS}/virtual"),
        ("POST", f"{LEDGERS}/{{{{LEDGER_ID}}}}/assign-iban"),
        ("GET", f"{LEDGERS}/{{{{LEDGER_ID}}}}"),
    ]
    assert "curl" in MENDINGS


async def test_issues_a_ledger_and_assigns_its_iban_as_printed(url, demo_key, work):
    issued = await send("POST", LEDGERS, url, demo_key)
    assert list(issued) == list(responses()[0])
    await work()
    asked = await send("POST", f"{LEDGERS}/{{{{LEDGER_ID}}}}/assign-iban", url, demo_key, issued["ledger_id"])
    assert asked == issued
    await work()
    ledger = await send("GET", f"{LEDGERS}/{{{{LEDGER_ID}}}}", url, demo_key, issued["ledger_id"])
    assert (ledger["ledger_status"], ledger["ledger_iban_status"]) == ("ledger-status-ok", "ledger-iban-status-ok")
    assert (ledger["holder_id"], ledger["ledger_meta"]) == ("753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3", {"foo": "bar"})


async def test_issues_a_virtual_ledger_as_printed(url, demo_key):
    issued = await send("POST", f"{LEDGERS}/virtual", url, demo_key)
    assert list(issued) == list(responses()[1])
    ledger = await send("GET", f"{LEDGERS}/{{{{LEDGER_ID}}}}", url, demo_key, issued["ledger_id"])
    assert (ledger["ledger_status"], ledger["asset_type"]) == ("ledger-status-ok", "gold")


@pytest.fixture
async def pounds(url, demo_key, work):
    """A ledger like the one that the document fetches: an omnibus ledger in pounds, held by the customer."""
    [*options, _, body] = SAMPLES["POST", LEDGERS]
    customer_id = demo_key_customer(await run("curl", "--silent", *viewer(url, demo_key)))
    wanted = {
        **json.loads(body),
        "holder_id": customer_id,
        "partner_product": "PayrNet-GBP-1",
        "asset_type": "gbp",
        "ledger_type": "ledger-type-omnibus",
        "ledger_primary_use_types": ["ledger-primary-use-types-payments"],
        "ledger_t_and_cs_country_of_jurisdiction": "GB",
        "ledger_meta": None,
    }
    arguments = [mended(one, url, demo_key) for one in options]
    issued = json.loads(await run("curl", "--silent", *arguments, "--data", json.dumps(wanted)))
    await work()
    return issued["ledger_id"]


def viewer(url, key):
    query = json.dumps({"query": "{ viewer { customerId } }"})
    headers = ("-H", f"Authorization: API-Key {key}", "-H", "Content-Type: application/json")
    return (*headers, "-d", query, f"{url}/graphql")


def demo_key_customer(answer):
    return json.loads(answer)["data"]["viewer"]["customerId"]


async def test_fetches_a_ledger_with_the_keys_and_kinds_of_values_of_the_document(url, demo_key, pounds):
    printed = next(one for one in responses() if "iban" in one)
    ours = await send("GET", f"{LEDGERS}/{{{{LEDGER_ID}}}}", url, demo_key, pounds)
    assert set(ours) - set(printed) == set(OURS_BESIDE)
    assert kinds({name: value for name, value in ours.items() if name not in OURS_BESIDE}) == kinds(printed)


async def test_waits_for_a_ledger(url, demo_key, pounds):
    path = f"{LEDGERS}/{{{{LEDGER_ID}}}}"
    arguments = [mended(one, url, demo_key, pounds) for one in SAMPLES["GET", path]]
    arguments[2] += "/wait"
    fetched = await send("GET", path, url, demo_key, pounds)
    assert json.loads(await run("curl", "--silent", *arguments)) == fetched
