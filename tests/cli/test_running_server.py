"""A command asks the server that QUAESTOR_URL names, and says so where that is no address, or not Quaestor."""

import pytest

from app.api_client import api_client
from app.cli.download import document_client, fetch_json
from app.cli.exits import ExitCode, WrongUsage, code_for
from app.cli.running_server import Server, find_running_server
from app.kernel.errors import Refused
from app.settings import load_settings
from tests.webhooks.raw_receiver import RawReceiver

NOT_QUAESTOR = {
    "a broken compression": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope",
    "a page": b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n<hi>",
    "a redirect to an odd place": b"HTTP/1.1 302 Found\r\nlocation: mailto:x\r\ncontent-length: 0\r\n\r\n",
}


@pytest.fixture
def named(monkeypatch):
    """A function that names a server, and finds it."""

    async def find(url):
        monkeypatch.setenv("QUAESTOR_URL", url)
        monkeypatch.setenv("QUAESTOR_API_KEY", "a key")
        return await find_running_server(load_settings())

    return find


@pytest.mark.parametrize(
    "url",
    [
        *("http://[::1", "http://127.0.0.1:x", "http://127.0.0.1:99999", "http://127.0.0.1:0x1", "http://", "nonsense"),
        *("127.0.0.1:8000", "ftp://127.0.0.1", "http:///x", "http://a\nb", "mailto:x"),
    ],
)
async def test_is_not_found_where_there_is_no_address(named, url):
    with pytest.raises(WrongUsage) as refused:
        await named(url)
    assert str(refused.value) == f"QUAESTOR_URL is {url!r}: set it to an address like http://127.0.0.1:8000."
    assert code_for(refused.value) is ExitCode.WRONG_USAGE


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "https://Ledger.example/below/", "http://[::1]:8000/"])
async def test_is_the_one_that_is_named(named, url):
    assert await named(url) == Server(url.removesuffix("/"), "a key")


async def test_is_not_named_by_an_empty_text(named, tmp_path, monkeypatch):
    monkeypatch.setenv("QUAESTOR_DATA_DIR", str(tmp_path))
    assert await named("") is None


@pytest.mark.parametrize("answer", NOT_QUAESTOR.values(), ids=NOT_QUAESTOR)
async def test_is_said_not_to_be_quaestor(answer):
    receiver = RawReceiver(answer)
    async with receiver.listening():
        url = receiver.url.removesuffix("/hooks")
        async with api_client(url, "a key") as client:
            with pytest.raises(Refused, match=rf"^What answers at {url}/graphql is not Quaestor"):
                await client.ask("{ feedEnd }")


@pytest.mark.parametrize("answer", NOT_QUAESTOR.values(), ids=NOT_QUAESTOR)
async def test_is_said_not_to_be_quaestor_where_it_should_have_a_document(answer):
    receiver = GetReceiver(answer)
    async with receiver.listening():
        url = receiver.url.removesuffix("/hooks")
        async with document_client(Server(url, "a key")) as http:
            with pytest.raises(Refused, match=rf"^What answers at {url}/v1/x is not Quaestor"):
                await fetch_json(http, "/v1/x", {})


class GetReceiver(RawReceiver):
    """Answers requests without a body, too."""

    async def _talk(self, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self.answer[0])
        writer.close()
