"""Webhooks go to the public internet and to allowed networks, and nowhere else."""

import asyncio
import socket
from ipaddress import ip_address, ip_network

import pytest

from app.settings import Settings
from app.webhooks.egress import (
    Blocked,
    EgressRules,
    ResolverUnavailable,
    Unresolvable,
    VettedResolver,
    check_address,
    check_destination,
    check_url,
    is_public,
    vetted_socket,
)
from app.webhooks.webhook_url import parse_webhook_url

PORTS = ((80, 80), (443, 443), (8000, 9000))
STRICT = EgressRules(allows_http=False, allowed_networks=(), allowed_ports=PORTS)
LOOSE = EgressRules(allows_http=True, allowed_networks=(), allowed_ports=PORTS)
LOOPBACK = EgressRules(allows_http=True, allowed_networks=(ip_network("127.0.0.0/8"),), allowed_ports=PORTS)

PRIVATE = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
    "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:10::1",
    "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1",
    "feff::1", "ff02::1", "ff0e::1", "4000::1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "172.15.0.1", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"]


@pytest.mark.parametrize("text", PRIVATE)
def test_knows_that_an_address_is_not_public(text):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_knows_that_an_address_is_public(text):
    assert is_public(ip_address(text))


def test_takes_a_mapped_address_for_the_one_it_stands_for():
    check_address(ip_address("::ffff:8.8.8.8"), 443, STRICT)
    check_address(ip_address("::ffff:127.0.0.1"), 5, LOOPBACK)
    with pytest.raises(Blocked, match=r"127\.0\.0\.1 is not a public address"):
        check_address(ip_address("::ffff:127.0.0.1"), 443, STRICT)


@pytest.mark.parametrize("port", [80, 443, 8000, 8443, 9000])
def test_allows_the_usual_ports(port):
    check_address(ip_address("8.8.8.8"), port, STRICT)


@pytest.mark.parametrize("port", [22, 25, 5432, 6379, 7999, 9001])
def test_refuses_other_ports_of_public_addresses(port):
    with pytest.raises(Blocked, match=f"Port {port} is not allowed for webhooks: use one of 80, 443, 8000-9000."):
        check_address(ip_address("8.8.8.8"), port, STRICT)


def test_allows_any_port_in_an_allowed_network():
    check_address(ip_address("127.0.0.1"), 5, LOOPBACK)
    with pytest.raises(Blocked):
        check_address(ip_address("10.0.0.1"), 443, LOOPBACK)


@pytest.mark.parametrize(
    "url", ["https://example.com/webhooks", "https://8.8.8.8/", "https://[2606:4700::1111]/", "https://example.com:22/"]
)
def test_accepts_a_url(url):
    assert check_url(url, STRICT) == parse_webhook_url(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("example.com", "http\\(s\\) URL"),
        ("https://a:99999/", "A port is a number from 1 to 65535"),
        ("http://example.com/", "Plain http is not allowed here: use https."),
        ("https://127.0.0.1/", "not a public address"),
        ("https://[::1]/", "not a public address"),
        ("https://[::ffff:127.0.0.1]/", "not a public address"),
        ("https://[::ffff:7f00:1]/", "not a public address"),
        ("https://[64:ff9b::7f00:1]/", "not a public address"),
        ("https://169.254.169.254/latest/meta-data", "not a public address"),
        ("https://8.8.8.8:22/", "Port 22"),
    ],
)
def test_refuses_a_url_and_says_why(url, reason):
    with pytest.raises(Blocked, match=reason):
        check_url(url, STRICT)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "017700000001", "0", "localhost"])
async def test_refuses_other_ways_to_write_an_address(host):
    with pytest.raises(Blocked):
        await check_destination(f"http://{host}/", LOOSE)


async def test_says_the_same_of_every_name_it_refuses(monkeypatch):
    told = set()
    unknown = socket.gaierror(socket.EAI_NONAME, "unknown")
    for look_up in (answering("10.0.0.1"), answering("8.8.8.8", "127.0.0.1"), answering(), failing(unknown)):
        monkeypatch.setattr("app.webhooks.egress._ask_name_server", look_up)
        with pytest.raises(Blocked) as refusal:
            await check_destination("https://intranet.example/", STRICT)
        told.add(str(refusal.value))
    [message] = told
    assert message == (
        "Webhooks cannot go to intranet.example on port 443. They go to names that have public addresses only, on port "
        "80, 443, 8000-9000, and to networks that the operator has allowed. Check how the name is spelled."
    )


async def test_tells_the_operator_what_a_private_name_stands_for(monkeypatch, caplog):
    caplog.set_level("INFO", "app.webhooks.egress")
    monkeypatch.setattr("app.webhooks.egress._ask_name_server", answering("10.0.0.1"))
    with pytest.raises(Blocked):
        await check_destination("https://intranet.example/", STRICT)
    assert "webhooks may not go to intranet.example: 10.0.0.1 is not a public address" in caplog.text


async def test_accepts_a_name_that_nobody_could_be_asked_for(monkeypatch):
    monkeypatch.setattr(VettedResolver, "_answered_at", -1000.0)
    unavailable = failing(socket.gaierror(socket.EAI_AGAIN, "try again"))
    monkeypatch.setattr("app.webhooks.egress._ask_name_server", unavailable)
    await check_destination("https://example.com/", STRICT)


def answering(*addresses):
    async def look_up(host, port):
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    return look_up


def failing(error):
    async def look_up(host, port):
        raise error

    return look_up


async def test_answers_the_addresses_of_a_name():
    resolver = VettedResolver(STRICT, answering("8.8.8.8", "2606:4700::1111", "8.8.8.8"))
    assert await resolver.resolve("example.com", 443) == [
        (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("8.8.8.8", 443)),
        (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("2606:4700::1111", 443, 0, 0)),
    ]


async def test_begins_with_any_address_of_the_family_that_the_system_prefers():
    resolver = VettedResolver(STRICT, answering("2606:4700::1", "1.1.1.1", "2606:4700::2", "2606:4700::3"))
    orders = [[info[4][0] for info in await resolver.resolve("example.com", 443)] for _ in range(200)]
    assert {order[0] for order in orders} == {"2606:4700::1", "2606:4700::2", "2606:4700::3"}
    assert {order[3] for order in orders} == {"1.1.1.1"}


@pytest.mark.parametrize("private", ["10.0.0.1", "::1", "::ffff:192.168.0.1", "fe80::1%eth0"])
async def test_refuses_a_name_if_any_of_its_addresses_is_private(private):
    resolver = VettedResolver(STRICT, answering("8.8.8.8", private))
    with pytest.raises(Blocked, match=r"Webhooks cannot go to example\.com on port 443"):
        await resolver.resolve("example.com", 443)


async def test_checks_the_port_of_a_resolved_address():
    with pytest.raises(Blocked, match=r"Webhooks cannot go to example\.com on port 22"):
        await VettedResolver(STRICT, answering("8.8.8.8")).resolve("example.com", 22)


async def test_says_that_a_name_has_no_address():
    unknown = socket.gaierror(socket.EAI_NONAME, "unknown")
    with pytest.raises(Unresolvable):
        await VettedResolver(STRICT, failing(unknown)).resolve("nowhere.example", 443)
    with pytest.raises(Unresolvable):
        await VettedResolver(STRICT, answering()).resolve("nowhere.example", 443)


async def test_blames_the_receiver_for_a_silent_name_server_only_when_others_answer(monkeypatch):
    silent = VettedResolver(STRICT, failing(socket.gaierror(socket.EAI_AGAIN, "try again")))
    monkeypatch.setattr(VettedResolver, "_answered_at", -1000.0)
    with pytest.raises(ResolverUnavailable):
        await silent.resolve("example.com", 443)
    await VettedResolver(STRICT, answering("8.8.8.8")).resolve("other.example", 443)
    with pytest.raises(Unresolvable):
        await silent.resolve("example.com", 443)


def test_makes_no_socket_for_a_refused_address():
    with pytest.raises(Blocked):
        vetted_socket(STRICT)((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443)))
    made = vetted_socket(LOOPBACK)((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443)))
    assert made.type == socket.SOCK_STREAM
    made.close()


def test_reads_its_rules_from_the_settings():
    settings = Settings(
        QUAESTOR_WEBHOOK_ALLOW_HTTP=True, QUAESTOR_WEBHOOK_ALLOWED_NETWORKS="10.0.0.0/8", DATABASE_URL="postgresql://x"
    )
    assert EgressRules.of(settings) == EgressRules(
        allows_http=True, allowed_networks=(ip_network("10.0.0.0/8"),), allowed_ports=PORTS
    )


async def test_gives_up_on_a_name_server_that_never_answers(monkeypatch):
    async def look_up(host, port):
        await asyncio.Event().wait()

    monkeypatch.setattr("app.webhooks.egress.RESOLVE_TIMEOUT_SECONDS", 0.01)
    monkeypatch.setattr(VettedResolver, "_answered_at", -1000.0)
    with pytest.raises(ResolverUnavailable):
        await VettedResolver(STRICT, look_up).resolve("example.com", 443)
