"""A document of the API, taken piece by piece into a file: nothing is left half."""

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import httpx
import orjson

from app.api_client import UNREADABLE
from app.cli.exits import WrongUsage
from app.cli.running_server import Server
from app.kernel.errors import NotReachable, Refused

CONNECT_SECONDS, READ_SECONDS = 10.0, 900.0
"""A long document is drawn whole before its first byte, so it may take a while until that comes."""
ABOUT_TIME = {"from", "to"}
PART = ".part"


class Absent(Refused):
    """There is no such object for this key."""


def document_client(server: Server) -> httpx.AsyncClient:
    """A client of the REST API, with the key."""
    return httpx.AsyncClient(
        base_url=server.url,
        headers={"Authorization": f"API-Key {server.api_key}"},
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        trust_env=False,
    )


async def download(http: httpx.AsyncClient, path: str, parameters: Mapping[str, str], output: IO[bytes]) -> None:
    """Write what is answered to `output`.

    :raises Absent: there is no such object.
    :raises NotReachable: nobody answers, the answer broke off, or the server says to ask again.
    :raises WrongUsage: the time cannot be.
    :raises Refused: with the API's reason.
    """
    try:
        async with http.stream("GET", path, params=dict(parameters)) as response:
            if response.status_code != httpx.codes.OK:
                await response.aread()
                raise _refusal(response)
            async for piece in response.aiter_bytes():
                output.write(piece)
    except httpx.TransportError as problem:
        raise NotReachable(
            f"The API at {http.base_url} does not answer, or broke off ({problem}). "
            "Start it with `quaestor dev`, or set QUAESTOR_URL to where it is."
        ) from problem
    except UNREADABLE as problem:
        raise _not_ours(http.base_url.join(path)) from problem


async def fetch_json(http: httpx.AsyncClient, path: str, parameters: Mapping[str, str]) -> Any:
    """The JSON that is answered.

    :raises Absent, NotReachable, WrongUsage, Refused: as `download`.
    """
    with tempfile.SpooledTemporaryFile() as file:
        await download(http, path, parameters, file)
        file.seek(0)
        try:
            return orjson.loads(file.read())
        except ValueError as problem:
            raise _not_ours(http.base_url.join(path)) from problem


def _refusal(response: httpx.Response) -> Exception:
    try:
        [fault, *_] = response.json()["errors"]
        message, path = fault["message"], fault["path"]
    except (ValueError, KeyError, TypeError):
        return _not_ours(response.url)
    if response.status_code == httpx.codes.UNAUTHORIZED:
        return Refused("The API does not accept this key: set QUAESTOR_API_KEY to one of its keys.")
    if response.status_code in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}:
        return NotReachable(f"The API says: {message}")
    if response.status_code == httpx.codes.NOT_FOUND:
        return Absent(message)
    return WrongUsage(message) if path and path[0] in ABOUT_TIME else Refused(message)


def _not_ours(url: httpx.URL) -> Refused:
    return Refused(f"What answers at {url} is not Quaestor: set QUAESTOR_URL to where it is.")


class WholeFile:
    """A file that appears under its name once all of it is written: `with WholeFile(path) as output: …`.

    Until then it lies beside it, hidden. An exception removes it; a kill leaves it, and the next try overwrites it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}{PART}")

    def __enter__(self) -> IO[bytes]:
        """Open it.

        :raises WrongUsage: it cannot be written there.
        """
        if self._path.is_dir():
            raise WrongUsage(f"{self._path} is a folder: name a file.")
        try:
            self._file = self._part.open("wb")
        except OSError as problem:
            raise WrongUsage(f"{self._path} cannot be written ({problem.strerror}): name another file.") from problem
        return self._file

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        if kind is None:
            self._part.replace(self._path)
        else:
            with suppress(OSError):
                self._part.unlink()


class Printed:
    """Standard output that gets all or nothing: `with Printed() as output: …`."""

    def __enter__(self) -> IO[bytes]:
        self._file = tempfile.TemporaryFile()
        return self._file

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._file.seek(0)
                sys.stdout.flush()
                shutil.copyfileobj(self._file, sys.stdout.buffer)
                sys.stdout.buffer.flush()
        finally:
            self._file.close()


def written_to(path: Path | None) -> WholeFile | Printed:
    """Where a document goes: this file, or standard output."""
    return Printed() if path is None else WholeFile(path)
