"""What is secret about an endpoint is blanked out of its receiver's answers, however they write it."""

import asyncio
import base64
import html
import json
from urllib.parse import quote, quote_plus

import orjson
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from app.db.connection import fetchval
from app.webhooks.client_tls import ClientTls
from app.webhooks.deliveries.hidden_values import HiddenValues, hidden_values
from app.webhooks.own_headers import OwnHeader
from app.webhooks.signing_secret import private_key
from tests.webhooks.certificates import Authority

VALUE = "k3y/of+the=gateway & \"more\" <'\\'>"


def dotnet(text):
    """As System.Text.Json writes it."""
    return "".join(one if one.isalnum() or one == " " else f"\\u{ord(one):04X}" for one in text)


@pytest.mark.parametrize(
    "write",
    [
        str,
        lambda value: json.dumps(value)[1:-1],
        lambda value: json.dumps(value)[1:-1].replace("/", "\\/"),
        dotnet,
        html.escape,
        lambda value: "".join(one if one.isalnum() else f"&#{ord(one)};" for one in value),
        lambda value: quote(value, safe=""),
        quote_plus,
        lambda value: quote(value, safe="").lower(),
        str.upper,
        str.title,
        lambda value: json.dumps(value.upper())[1:-1],
    ],
)
def test_blanks_a_value_however_it_is_written(write):
    hidden = HiddenValues([VALUE])
    assert hidden.blank(f"a {write(VALUE)} b {write(VALUE)}".encode()) == b"a [hidden] b [hidden]"


def test_leaves_alone_what_is_not_secret():
    hidden = HiddenValues(["a7e1c3"])
    assert hidden.blank(b"a7e1c and a7e1C4") == b"a7e1c and a7e1C4"
    assert HiddenValues().blank(b"anything") == b"anything"


def test_blanks_a_short_value_only_where_it_stands_alone():
    assert HiddenValues(["on"]).blank(b'{"switch": "on", "once": [1, "son"]}') == (
        b'{"switch": "[hidden]", "once": [1, "son"]}'
    )


@pytest.mark.parametrize("write", [str, lambda value: json.dumps(value)[1:-1], dotnet, quote, html.escape])
@pytest.mark.parametrize("value", [VALUE * 20, "%25&amp;" * 10, "\\" * 50, "a\\" * 40])
def test_blanks_the_whole_of_a_long_value(value, write):
    assert HiddenValues([value]).blank(f"a {write(value)} b".encode()) == b"a [hidden] b"


def test_blanks_the_beginning_of_a_long_value_that_goes_on_otherwise():
    hidden = HiddenValues(["-" * 8_000])
    assert hidden.blank(b"a " + b"-" * 7_999 + b" b") == b"a [hidden] b"
    assert hidden.blank(b"a " + b"-" * 31 + b" b") == b"a " + b"-" * 31 + b" b"


def test_does_not_try_all_the_ways_in_which_many_characters_may_be_written():
    """It would not end."""
    answer = b"\\" * 45 + b"y"
    assert HiddenValues(["\\" * 30 + "x"]).blank(answer) == answer


def test_blanks_the_longer_of_two_values_first():
    assert HiddenValues(["abcd", "abcdefgh"]).blank(b"abcdefgh abcd") == b"[hidden] [hidden]"


@given(value=st.text("abcdef/+\"'", min_size=5, max_size=80), length=st.integers(4, 79))
def test_blanks_the_beginning_of_a_value_at_the_end_of_an_answer(value, length):
    beginning = value[: min(length, len(value) - 1)]
    left = HiddenValues([value]).blank(b"0123 " + beginning.encode())
    assert left.startswith(b"0123 ")
    assert beginning.encode() not in left


def test_blanks_the_token_of_a_header_without_its_scheme():
    hidden = hidden_values((OwnHeader("Authorization", "Bearer s3cr3t-t0ken"),), (), None)
    assert hidden.blank(b'{"token": "s3cr3t-t0ken"}') == b'{"token": "[hidden]"}'
    assert hidden.blank(b"Bearer s3cr3t-t0ken") == b"[hidden]"


@pytest.mark.parametrize("value", ["s3cr3t-t0ken", "s3cr3t-t0ken?", "Basic dXNlcjpwYXNz>>>???", "~~~~~~ ~~~~~~~"])
@pytest.mark.parametrize("before", ["", "a", "ab", '{"X-Api-Key": "'])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, lambda octets: octets.hex().encode()])
def test_blanks_the_value_of_a_header_in_base64_and_hexadecimal(value, before, encode):
    hidden = hidden_values((OwnHeader("X-Api-Key", value),), (), None)
    for after in ("", "b", "bc", '", "other": 1}'):
        text = encode(f"{before}{value}{after}".encode())
        left = hidden.blank(b"it was: " + text + b".")
        assert left.startswith(b"it was: ")
        assert left.count(b"[hidden]") == 1
        kept = left.removeprefix(b"it was: ").removesuffix(b".").replace(b"[hidden]", b"").rstrip(b"=")
        # A character of the text beside it may hold a few bits of the value's first or last one.
        assert len(kept) <= len(encode(before.encode()).rstrip(b"=")) + len(encode(after.encode()).rstrip(b"=")) + 2


def test_blanks_a_value_in_base64_that_is_cut_in_two():
    text = base64.b64encode(b'{"key": "a7e1c3-of-a-gateway"}')
    hidden = hidden_values((OwnHeader("X-Api-Key", "a7e1c3-of-a-gateway"),), (), None)
    assert hidden.blank(text[:24]) == text[:12] + b"[hidden]"


@given(value=st.text("abcdef/+\"'", min_size=5, max_size=40), room=st.integers(1, 60), count=st.integers(0, 5))
def test_keeps_the_beginning_of_what_is_blanked(value, room, count):
    hidden = HiddenValues([value])
    answer = (b"0123 " + quote(value, safe="").encode()) * count + b"4567"
    assert hidden.blank(answer, bytes_max=room) == hidden.blank(answer)[:room]


def test_takes_no_word_for_a_short_value_in_base64():
    hidden = hidden_values((OwnHeader("X-Mode", "on"),), (), None)
    assert hidden.blank(b"b24 and 6f6e") == b"b24 and 6f6e"


def test_blanks_signing_keys_and_the_key_of_a_client():
    seed, key = b"s" * 32, bytes(range(220, 252))
    _, client_key = Authority().certify("us")
    hidden = hidden_values((), (key, private_key(seed)), client_key)
    text = base64.b64encode(key).decode()
    for written in (text, text.rstrip("="), base64.urlsafe_b64encode(key).decode(), key.hex()):
        left = hidden.blank(f"whsec_{written}".encode())
        assert left.rstrip(b"=") == b"whsec_[hidden]"
    assert seed not in base64.b64decode(hidden.blank(base64.b64encode(seed)).replace(b"[hidden]", b""))
    lines = [line for line in client_key.splitlines() if not line.startswith("-----")]
    left = hidden.blank(client_key.encode()).decode()
    assert left.count("[hidden]") == len(lines)
    assert not any(line in left for line in lines)


async def test_stores_no_secret_that_a_receiver_sends_back(subscribe, receiver, happen, pipelines):
    async def echo(request):
        sent = {**request.headers, "secret": secret, "nul": "NUL a7e1\0c3-of-a-gateway"}
        return web.Response(status=500, text=json.dumps(sent) + "a7e1\0c3-of-a-gateway")

    headers = (OwnHeader("Authorization", "Bearer hush-hush"), OwnHeader("X-Api-Key", "a7e1c3-of-a-gateway"))
    receiver.answer = echo
    _, secret = await subscribe(receiver.url, event_types=["ledger.*"], headers=headers, tls=ClientTls())
    await happen()
    async with asyncio.timeout(60):
        await pipelines(waits=(1000.0,)).drain(budget_seconds=60)
    assert "hush" not in await _all_that_is_stored()
    assert "a7e1c3" not in await _all_that_is_stored()
    assert secret.removeprefix("whsec_") not in await _all_that_is_stored()
    stored = await fetchval("SELECT response_body FROM webhook_attempts")
    told = orjson.loads(stored.removesuffix("[hidden]"))
    assert told["Authorization"] == told["X-Api-Key"] == "[hidden]"
    assert told["webhook-id"]


@pytest.mark.parametrize("before", [4_080, 4_090, 65_530])
async def test_stores_no_part_of_a_secret_that_is_cut_in_two(subscribe, receiver, happen, pipelines, before):
    async def echo(request):
        # What is blanked is longer than its blank, so all of the answer that was read is kept.
        value = request.headers["X-Api-Key"]
        count = (before - 2_000) // len(value)
        return web.Response(status=500, text=(value * count).ljust(before, ".") + value)

    receiver.answer = echo
    await subscribe(receiver.url, event_types=["ledger.*"], headers=[OwnHeader("X-Api-Key", "a7e1c3" * 100)])
    await happen()
    async with asyncio.timeout(60):
        await pipelines(waits=(1000.0,)).drain(budget_seconds=60)
    stored = await fetchval("SELECT response_body FROM webhook_attempts")
    assert "a7e1" not in stored
    assert stored.endswith(".[hidden]")


async def _all_that_is_stored():
    return await fetchval("SELECT coalesce(string_agg(attempt::text, ''), '') FROM webhook_attempts AS attempt")
