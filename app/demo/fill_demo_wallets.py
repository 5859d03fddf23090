"""Fill a customer with demo accounts: a holder's two wallets, our own books, and money between them."""

from dataclasses import dataclass

from app.accounts.create_account import create_account
from app.accounts.orders import CreateAccount, NewWallet
from app.accounts.queries import find_wallet_by_address
from app.demo.data import demo_key
from app.journal.amounts import AmountText
from app.journal.post_transfer import PostTransfer, post_transfer
from app.kernel.actor import Actor

CURRENCY = "GBP"
CLARKE, OWN_BOOKS = "clarke", "own-books"
WALLETS = {
    CLARKE: (("everyday", "LIABILITY"), ("savings", "LIABILITY")),
    OWN_BOOKS: (("cash", "ASSET"), ("fees", "REVENUE")),
}
"""The wallets of each account, with their accounting types."""


@dataclass(frozen=True, slots=True)
class DemoWalletTransfer:
    """The debited and the credited wallet, each by its account's reference and its name."""

    ref: str
    debit: tuple[str, str]
    credit: tuple[str, str]
    value: str
    reference: str


TRANSFERS = (
    DemoWalletTransfer("paid-in", (OWN_BOOKS, "cash"), (CLARKE, "everyday"), "500.00", "Paid in"),
    DemoWalletTransfer("saved", (CLARKE, "everyday"), (CLARKE, "savings"), "120.00", "Put aside"),
    DemoWalletTransfer("fee", (CLARKE, "everyday"), (OWN_BOOKS, "fees"), "2.50", "Fee November"),
)


async def fill_demo_wallets(actor: Actor, *, holder_id: str) -> int:
    """Open the demo accounts, one of them for this holder, and move money between their wallets. Returns the number of
    transfers. Called again, it changes nothing.
    """
    await create_account(actor, _account(CLARKE, "GROUP", holder_id))
    await create_account(actor, _account(OWN_BOOKS, "CHART", None))
    for transfer in TRANSFERS:
        debit_id, credit_id = await _wallet(actor, *transfer.debit), await _wallet(actor, *transfer.credit)
        amount = AmountText(transfer.value, CURRENCY)
        command = PostTransfer(
            debit_id=debit_id,
            credit_id=credit_id,
            amount=amount,
            idempotency_key=demo_key(f"wallets-{transfer.ref}"),
            reference=transfer.reference,
        )
        await post_transfer(actor, command)
    return len(TRANSFERS)


def _account(reference: str, account_type: str, holder_id: str | None) -> CreateAccount:
    wallets = tuple(NewWallet(name, CURRENCY, kind, 2) for name, kind in WALLETS[reference])
    return CreateAccount(account_type, reference, holder_id=holder_id, wallets=wallets)


async def _wallet(actor: Actor, reference: str, name: str) -> str:
    found = await find_wallet_by_address(actor, reference, name, CURRENCY)
    assert found is not None, "the wallets come with their accounts"
    return str(found.id)
