"""Requests for transfers as raw HTTP/1.1, to Quaestor and to two other ledgers.

A door's methods are called in the process that makes the load, so they cost next to nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import orjson

Pair = tuple[str, str]
"""The account that pays, and the one that receives."""

SINGLE = (
    "mutation ($input: PostTransferInput!) { postTransfer(input: $input) {"
    " __typename ... on TransferSuccess { transfer { id status } replayed } ... on Error { code message } } }"
)
_SEVERAL = (
    "mutation ($input: PostTransfersInput!) { postTransfers(input: $input) {"
    " __typename ... on TransfersSuccess { results {"
    " __typename ... on TransferSuccess { transfer { id status } } ... on Error { code } } }"
    " ... on Error { code message } } }"
)


@dataclass(frozen=True, slots=True)
class Door:
    """`request(token, pairs, keys)` is a whole request for one transfer of a penny per pair; `posted(status, body)`
    counts the transfers that its answer says were posted.
    """

    request: Callable[[str, list[Pair], list[str]], bytes]
    posted: Callable[[int, bytes], int]


def http(method: str, path: str, body: bytes, *headers: str) -> bytes:
    """A request on a connection that stays open."""
    lines = (
        f"{method} {path} HTTP/1.1",
        "Host: benchmark",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _quaestor(token: str, pairs: list[Pair], keys: list[str]) -> bytes:
    inputs = [
        {"idempotencyKey": key, "debitId": debit, "creditId": credit, "amount": {"value": "0.01", "asset": "GBP"}}
        for (debit, credit), key in zip(pairs, keys, strict=True)
    ]
    if len(inputs) == 1:
        body = {"query": SINGLE, "variables": {"input": inputs[0]}}
    else:
        body = {"query": _SEVERAL, "variables": {"input": {"transfers": inputs}}}
    return http("POST", "/graphql", orjson.dumps(body), f"Authorization: API-Key {token}")


def _quaestor_posted(_status: int, body: bytes) -> int:
    return body.count(b'"POSTED"')


def _formance(ledger: str, pairs: list[Pair], keys: list[str], *, bulk: str = "_bulk") -> bytes:
    transactions = [
        {"postings": [{"source": debit, "destination": credit, "amount": 1, "asset": "GBP/2"}], "metadata": {}}
        for debit, credit in pairs
    ]
    if len(transactions) == 1:
        path, body = f"/v2/{ledger}/transactions", orjson.dumps(transactions[0])
        return http("POST", path, body, f"Idempotency-Key: {keys[0]}")
    items = [
        {"action": "CREATE_TRANSACTION", "ik": key, "data": transaction}
        for transaction, key in zip(transactions, keys, strict=True)
    ]
    return http("POST", f"/v2/{ledger}/{bulk}", orjson.dumps(items))


def _formance_posted(status: int, body: bytes) -> int:
    # Some of a bulk may be posted although its status is 400; an entry that was not has no postings.
    return body.count(b'"postings"') if status in {200, 400} else 0


def _blnk(key: str, pairs: list[Pair], keys: list[str], *, skip_queue: bool = True) -> bytes:
    transactions = [
        {
            "precise_amount": 1,
            "precision": 100,
            "currency": "GBP",
            "reference": reference,
            "description": "benchmark",
            "source": debit,
            "destination": credit,
            "skip_queue": skip_queue,
        }
        for (debit, credit), reference in zip(pairs, keys, strict=True)
    ]
    headers = (f"X-Blnk-Key: {key}",) if key else ()
    if len(transactions) == 1:
        return http("POST", "/transactions", orjson.dumps(transactions[0]), *headers)
    body = {"transactions": transactions, "atomic": False, "skip_queue": skip_queue}
    return http("POST", "/transactions/bulk", orjson.dumps(body), *headers)


def _blnk_posted(status: int, body: bytes) -> int:
    if status != 201:
        return 0
    answer = orjson.loads(body)
    return int(answer.get("transaction_count", answer.get("status") in {"APPLIED", "QUEUED"}))


DOORS = {
    "quaestor": Door(_quaestor, _quaestor_posted),
    "formance": Door(_formance, _formance_posted),
    "formance-plain": Door(partial(_formance, bulk="_bulk?parallel=true"), _formance_posted),
    "blnk": Door(_blnk, _blnk_posted),
    "blnk-queued": Door(partial(_blnk, skip_queue=False), _blnk_posted),
}
