"""Find wallets that a line names by account, name and currency instead of by their ids."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeAlias

import orjson

from app.cli.import_lines import VALIDATION, Fault, Line
from app.cli.import_records import RefusedLine, refused_for
from app.kernel.checks import TEXT_CHARACTERS_MAX
from app.kernel.errors import Refused

SIDES = {"debit": "debitId", "credit": "creditId"}
"""The field that names a wallet, and the one of `PostTransferInput` that it stands for."""
PARTS = ("accountReference", "name", "currency")
LOOKED_UP_AT_ONCE = 100

Address: TypeAlias = tuple[str, ...]


class Wallets:
    """The ids of the wallets that were asked for so far; None where there is none."""

    def __init__(self, post: Callable[[bytes], Awaitable[dict[str, Any]]]) -> None:
        self._post = post
        self._ids: dict[Address, str | None] = {}

    async def look_up(self, lines: Iterable[Line]) -> None:
        """Find all wallets that these lines name.

        :raises Refused: the key may not read wallets.
        """
        wanted = {address for line in lines for address in _addresses(line.value)}
        unknown = iter(sorted(wanted - self._ids.keys()))
        while some := list(islice(unknown, LOOKED_UP_AT_ONCE)):
            self._ids |= await self._found(some)

    def named(self, line: Line, value: dict[str, Any]) -> dict[str, Any] | RefusedLine:
        """The input with ids in place of addresses; a refusal where an address is none, or names no wallet."""
        fault = side_fault(value)
        if fault is not None:
            return refused_for(line, fault)
        named = {field: part for field, part in value.items() if field not in SIDES}
        for side, field in SIDES.items():
            if side not in value:
                continue
            address = address_of(value[side])
            assert address is not None, "this is no fault"
            if self._ids[address] is None:
                return RefusedLine(line, "NOT_FOUND", f"There is no wallet {' '.join(address)}.", [side])
            named[field] = self._ids[address]
        return named

    async def _found(self, addresses: list[Address]) -> dict[Address, str | None]:
        names = [f"w{number}" for number in range(len(addresses))]
        declared = ", ".join(f"${name}: WalletAddressInput!" for name in names)
        asked = " ".join(f"{name}: wallet(by: {{ address: ${name} }}) {{ id }}" for name in names)
        variables = {
            name: dict(zip(PARTS, address, strict=True)) for name, address in zip(names, addresses, strict=True)
        }
        answer = await self._post(orjson.dumps({"query": f"query ({declared}) {{ {asked} }}", "variables": variables}))
        data = answer.get("data")
        # One that no wallet can have is refused alone, and is not there.
        faults = [one for one in answer.get("errors") or () if one.get("extensions", {}).get("code") != "VALIDATION"]
        if data is None or faults:
            raise Refused(f"The wallets cannot be looked up: {(faults or answer['errors'])[0]['message']}")
        return {address: data[name] and data[name]["id"] for name, address in zip(names, addresses, strict=True)}


def side_fault(value: dict[str, Any]) -> Fault | None:
    """What is wrong with how a line names its wallets by their addresses."""
    for side, field in SIDES.items():
        if side in value and (field in value or address_of(value[side]) is None):
            message = f"Name one wallet: `{field}`, or `{side}` with {', '.join(f'`{part}`' for part in PARTS)}."
            return Fault(VALIDATION, message, (side,))
    return None


def named_as_in(value: dict[str, Any], path: Sequence[str]) -> tuple[str, ...]:
    """A path in the names of this line: the server knows only the ids of what a line names by addresses."""
    told = {field: side for side, field in SIDES.items() if side in value}
    return tuple(told.get(step, step) if place == 0 else step for place, step in enumerate(path))


def has_address(value: dict[str, Any]) -> bool:
    """Whether a line names a wallet by its address."""
    return any(side in value for side in SIDES)


def _addresses(value: dict[str, Any]) -> Iterator[Address]:
    for side in SIDES:
        address = address_of(value.get(side))
        if address is not None:
            yield address


def address_of(given: Any) -> Address | None:
    """A whole address, of texts that are not blank, nor longer than a wallet's can be."""
    if not isinstance(given, dict) or set(given) != set(PARTS):
        return None
    parts = tuple(given[part] for part in PARTS)
    return parts if all(isinstance(part, str) and _may_name(part) for part in parts) else None


def _may_name(text: str) -> bool:
    return bool(text.strip()) and len(text) <= TEXT_CHARACTERS_MAX
