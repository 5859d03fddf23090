"""The wallets in `quaestor demo`: an account with two of them, money paid in, and money between the two."""

from typing import Any

from app.api_client import ApiClient
from app.demo.progress import Progress, WalletLine
from app.demo.story_money import TRANSFER, amount_of

CURRENCY = "USD"
EVERYDAY, SAVINGS, CASH = "everyday", "savings", "cash"
PAID_IN, PUT_ASIDE = "100.00", "30.00"

OPENED = "AccountSuccess { account { id wallets { nodes { id name } } } }"
BALANCE = "query ($id: ID!) { wallet(by: {id: $id}) { balance { posted { value } } } }"


async def tell_of_wallets(client: ApiClient, progress: Progress, *, holder_id: str, story_id: str) -> None:
    """Open an account with two wallets for this holder and one of our own, and move money between their wallets.

    :raises Refused: a step was refused.
    """
    progress.step = "opening an account with two wallets"
    customer = {"type": "GROUP", "holderId": holder_id}
    wallets = await _open(client, progress, f"customer-{story_id}", customer, "LIABILITY", (EVERYDAY, SAVINGS))
    wallets |= await _open(client, progress, f"till-{story_id}", {"type": "CHART"}, "ASSET", (CASH,))
    progress.step = "moving money between the wallets"
    for debit, credit, value, reference in (
        (CASH, EVERYDAY, PAID_IN, "Paid in"),
        (EVERYDAY, SAVINGS, PUT_ASIDE, "Put aside"),
    ):
        posted = await client.do(
            "postTransfer",
            TRANSFER,
            idempotencyKey=f"{story_id}-{reference}",
            debitId=wallets[debit],
            creditId=wallets[credit],
            amount=amount_of(value, CURRENCY),
            reference=reference,
        )
        progress.transfer_ids.add(posted["transfer"]["id"])
    for name in (EVERYDAY, SAVINGS):
        found = await client.ask(BALANCE, id=wallets[name])
        progress.wallets.append(WalletLine(name, CURRENCY, found["wallet"]["balance"]["posted"]["value"]))


async def _open(
    client: ApiClient,
    progress: Progress,
    reference: str,
    account: dict[str, str],
    accounting_type: str,
    names: tuple[str, ...],
) -> dict[str, str]:
    """Open an account; answers the ids of its wallets by their names."""
    wanted: list[dict[str, Any]] = [
        {"name": name, "currency": CURRENCY, "accountingType": accounting_type, "decimalPlaces": 2} for name in names
    ]
    opened = await client.do("createAccount", OPENED, **account, reference=reference, wallets=wanted)
    ids = {one["name"]: one["id"] for one in opened["account"]["wallets"]["nodes"]}
    progress.resource_ids |= {opened["account"]["id"], *ids.values()}
    return ids
