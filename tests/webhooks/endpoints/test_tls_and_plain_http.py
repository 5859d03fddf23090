"""Certificates and a URL of plain http do not go together: they would never be used."""

import pytest

from app.db.connection import fetchval, pool
from app.kernel.errors import Invalid
from app.webhooks.client_tls import ClientTls
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.status import EndpointField
from tests.webhooks.certificates import Authority
from tests.webhooks.conftest import EGRESS, VAULT

HTTP, HTTPS = "http://127.0.0.1:9/hooks", "https://127.0.0.1:9/hooks"
AUTHORITY = Authority()
KINDS = [ClientTls(AUTHORITY.pem), ClientTls(None, *AUTHORITY.certify("us"))]
CLEAR = (EndpointField.CA_CERTIFICATE, EndpointField.CLIENT_CERTIFICATE)


@pytest.fixture
def update(actor):
    async def run(endpoint, **wanted):
        command = UpdateWebhookEndpoint(str(endpoint.id), **wanted)
        return await update_webhook_endpoint(actor, command, vault=VAULT, egress=EGRESS)

    return run


@pytest.mark.parametrize("tls", KINDS)
async def test_are_refused_for_a_new_endpoint(subscribe, tls):
    with pytest.raises(Invalid, match="Certificates go with an https URL") as refused:
        await subscribe(HTTP, tls=tls)
    assert refused.value.path == ("tls",)
    assert await fetchval("SELECT count(*) FROM webhook_endpoints") == 0


@pytest.mark.parametrize("tls", KINDS)
async def test_are_refused_whichever_of_the_two_an_update_brings(subscribe, update, tls):
    plain, (safe, _) = (await subscribe(HTTP))[0], await subscribe(HTTPS, tls=tls)
    for endpoint, wanted, path in ((plain, {"tls": tls}, ("tls",)), (safe, {"url": HTTP}, ("url",))):
        with pytest.raises(Invalid, match="Certificates go with an https URL") as refused:
            await update(endpoint, **wanted)
        assert refused.value.path == path
    assert await fetchval("SELECT sum(version) FROM webhook_endpoints") == 2
    assert (await update(plain, url=HTTPS, tls=tls)).tls is not None
    assert (await update(safe, url=HTTP, clear=CLEAR)).tls is None


async def test_that_are_there_already_stop_no_other_change(subscribe, update):
    endpoint, _ = await subscribe(HTTPS, tls=KINDS[0])
    await pool().execute("UPDATE webhook_endpoints SET url = $1", HTTP)  # As an older version took it.
    assert (await update(endpoint, description="x")).description == "x"


@pytest.mark.parametrize("url", [f" {HTTPS}", f"{HTTPS} ", f"{HTTPS}\n", f"\u00a0{HTTPS}"])
async def test_takes_no_white_space_around_a_url(subscribe, update, url):
    with pytest.raises(Invalid, match="There is white space before or after this URL") as refused:
        await subscribe(url)
    assert refused.value.path == ("url",)
    endpoint, _ = await subscribe(HTTPS)
    with pytest.raises(Invalid, match="There is white space before or after this URL"):
        await update(endpoint, url=url)
