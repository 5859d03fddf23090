"""Money between wallets: which side pays, what is counted, noted, proved and told of it."""

import asyncio

import pytest

from app.accounts.accounting import balances_of_account_at, balances_of_accounts, read_accounting_report
from app.accounts.close_wallet import CloseWallet, close_wallet
from app.accounts.lists import WalletFilter, list_wallets
from app.accounts.queries import find_wallet, find_wallet_by_address
from app.accounts.wallet_changes import read_wallet_changes
from app.db.connection import fetchrow, fetchval, pool
from app.db.pages import Page
from app.events.feed import last_position
from app.events.feed_place import FeedPlace
from app.events.number_events import BATCH_SIZE_MAX, number_events
from app.journal.amounts import AmountText
from app.journal.balances_at import balances_at
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.release_hold import ReleaseHold, release_hold
from app.kernel.actor import Actor, Via
from app.kernel.errors import Forbidden, InsufficientFunds, Invalid, InvalidState
from app.proof.prove_books import prove_books
from app.proof.wallet_rules import WALLET_RULES
from tests.accounts.conftest import new_wallet, opened

TYPES = {"cash": "ASSET", "ada": "LIABILITY", "grace": "LIABILITY", "fees": "REVENUE", "rent": "EXPENSE"}


@pytest.fixture
async def wallets(actor):
    """Our own cash, fees and rent, and two customers' money; answers their ids by name."""
    ours = [name for name in TYPES if name not in {"ada", "grace"}]
    await opened(actor, "ours", *(new_wallet(name, accounting_type=TYPES[name]) for name in ours), type="CHART")
    await opened(actor, "theirs", new_wallet("ada"), new_wallet("grace"))
    found = [await find_wallet_by_address(actor, "ours" if name in ours else "theirs", name, "USD") for name in TYPES]
    return dict(zip(TYPES, (wallet.id for wallet in found), strict=True))


async def move(actor, debit_id, credit_id, value, key=None):
    command = PostTransfer(
        debit_id=str(debit_id),
        credit_id=str(credit_id),
        amount=AmountText(value, "USD"),
        idempotency_key=key or f"{debit_id}-{credit_id}-{value}",
    )
    return (await post_transfer(actor, command))[0]


async def balances(actor, wallets):
    return {name: (await find_wallet(actor, wallet_id)).posted_minor_units for name, wallet_id in wallets.items()}


STORY = [
    ("cash", "ada", "100.00", {"cash": 10_000, "ada": 10_000, "grace": 0, "fees": 0, "rent": 0}),
    ("ada", "grace", "30.00", {"cash": 10_000, "ada": 7_000, "grace": 3_000, "fees": 0, "rent": 0}),
    ("ada", "fees", "1.00", {"cash": 10_000, "ada": 6_900, "grace": 3_000, "fees": 100, "rent": 0}),
    ("rent", "cash", "0.40", {"cash": 9_960, "ada": 6_900, "grace": 3_000, "fees": 100, "rent": 40}),
    ("grace", "cash", "20.00", {"cash": 7_960, "ada": 6_900, "grace": 1_000, "fees": 100, "rent": 40}),
]


async def test_pays_by_accounting_rules_and_keeps_the_equation(actor, wallets):
    for debit, credit, value, expected in STORY:
        transfer = await move(actor, wallets[debit], wallets[credit], value)
        assert transfer.kind == "WALLET"
        assert await balances(actor, wallets) == expected
        report = await read_accounting_report(actor)
        assert report.balanced
        assert {line.accounting_type.value: (line.posted, line.count) for line in report.lines} == {
            "ASSET": (expected["cash"], 1),
            "LIABILITY": (expected["ada"] + expected["grace"], 2),
            "REVENUE": (expected["fees"], 1),
            "EXPENSE": (expected["rent"], 1),
        }
    proof = await prove_books(actor.customer_id)
    assert proof.findings.kept == []


@pytest.mark.parametrize(
    ("debit", "credit", "lacking"), [("ada", "grace", "ada"), ("ada", "fees", "ada"), ("grace", "cash", "grace")]
)
async def test_lets_no_wallet_fall_below_zero(actor, wallets, debit, credit, lacking):
    before = await balances(actor, wallets)
    with pytest.raises(InsufficientFunds) as refused:
        await move(actor, wallets[debit], wallets[credit], "0.01")
    assert refused.value.lacking_id == wallets[lacking]
    assert await balances(actor, wallets) == before


async def test_lets_an_asset_pay_by_a_credit_only_what_it_has(actor, wallets):
    await move(actor, wallets["cash"], wallets["ada"], "10.00")
    with pytest.raises(InsufficientFunds) as refused:
        await move(actor, wallets["rent"], wallets["cash"], "10.01")
    assert refused.value.lacking_id == wallets["cash"]


async def test_moves_nothing_between_units_or_books(actor, wallets, issue):
    await opened(actor, "other", new_wallet(currency="EUR"), new_wallet("fine", decimal_places=4))
    ledger_id = await issue(actor, asset="USD")
    others = await list_wallets(actor, WalletFilter(account_reference="other"), Page(10))
    for other_id in (*(wallet.id for wallet in others), ledger_id):
        with pytest.raises(Invalid):
            await move(actor, wallets["cash"], other_id, "1.00")


async def test_holds_on_every_side_that_it_would_lower(actor, wallets):
    await move(actor, wallets["cash"], wallets["ada"], "10.00")
    command = PlaceHold(
        debit_id=str(wallets["ada"]),
        credit_id=str(wallets["cash"]),
        amount=AmountText("4.00", "USD"),
        idempotency_key="hold",
    )
    hold, _ = await place_hold(actor, command)
    for name in ("ada", "cash"):
        wallet = await find_wallet(actor, wallets[name])
        assert (wallet.posted_minor_units, wallet.held_minor_units) == (1_000, 400)
    account = await find_wallet(actor, wallets["ada"])
    [line] = (await balances_of_accounts(actor, [account.account_id]))[account.account_id]
    assert (line.posted, line.held, line.count) == (1_000, 400, 2)
    with pytest.raises(InsufficientFunds):
        await move(actor, wallets["ada"], wallets["grace"], "6.01")
    with pytest.raises(InvalidState):
        await close_wallet(actor, CloseWallet(str(wallets["ada"])))
    await release_hold(actor, ReleaseHold(str(hold.id)))
    await move(actor, wallets["ada"], wallets["grace"], "6.01")


async def test_closes_only_what_is_empty_and_posts_to_nothing_closed(actor, wallets):
    await move(actor, wallets["cash"], wallets["ada"], "10.00")
    before = await fetchrow("SELECT * FROM wallets WHERE id = $1", wallets["ada"])
    with pytest.raises(InvalidState) as refused:
        await close_wallet(actor, CloseWallet(str(wallets["ada"])))
    assert refused.value.path == ("wallet_id",)
    assert await fetchrow("SELECT * FROM wallets WHERE id = $1", wallets["ada"]) == before
    await close_wallet(actor, CloseWallet(str(wallets["grace"])))
    for sides in ((wallets["ada"], wallets["grace"]), (wallets["grace"], wallets["cash"])):
        with pytest.raises(InvalidState) as refused:
            await move(actor, *sides, "1.00")
        assert refused.value.status == "CLOSED"
        assert "closed wallet" in refused.value.message
    assert (await prove_books(actor.customer_id)).findings.kept == []


async def test_races_money_against_closing(actor, wallets):
    await move(actor, wallets["cash"], wallets["ada"], "10.00")
    outcomes = await asyncio.gather(
        move(actor, wallets["ada"], wallets["grace"], "1.00"),
        close_wallet(actor, CloseWallet(str(wallets["grace"]))),
        return_exceptions=True,
    )
    assert [isinstance(outcome, InvalidState) for outcome in outcomes].count(True) == 1
    assert (await prove_books(actor.customer_id)).findings.kept == []


async def test_tells_balances_at_an_instant(actor, other_actor, wallets):
    instants = [
        (await move(actor, wallets[debit], wallets[credit], value)).posted_at for debit, credit, value, _ in STORY
    ]
    account_id = (await find_wallet(actor, wallets["ada"])).account_id
    for at, (_, _, _, expected) in zip(instants, STORY, strict=True):
        found = await balances_at(actor, [(wallet_id, at) for wallet_id in wallets.values()])
        assert dict(zip(wallets, (one.minor_units for one in found), strict=True)) == expected
        [line] = await balances_of_account_at(actor, account_id, at)
        assert (line.posted, line.held, line.count) == (expected["ada"] + expected["grace"], None, 2)
        report = await read_accounting_report(actor, at)
        assert (report.balanced, report.at) == (True, at)
        assert {line.accounting_type.value: line.posted for line in report.lines} == {
            "ASSET": expected["cash"],
            "LIABILITY": expected["ada"] + expected["grace"],
            "REVENUE": expected["fees"],
            "EXPENSE": expected["rent"],
        }
    for asks in (actor, other_actor):  # Also where there is nothing to sum.
        with pytest.raises(Invalid):
            await read_accounting_report(asks, instants[-1].replace(year=9000))


async def test_reports_to_no_single_holder_and_to_no_other_customer(actor, other_actor, wallets, as_holder):
    await move(actor, wallets["cash"], wallets["ada"], "10.00")
    with pytest.raises(Forbidden):
        await read_accounting_report(as_holder(actor, actor.customer_id))
    with pytest.raises(Forbidden):
        await read_accounting_report(Actor(actor.customer_id, frozenset({"ledgers:read"}), Via.REST, "reader"))
    assert (await read_accounting_report(other_actor)).lines == []


async def test_finds_the_equation_broken(actor, wallets):
    await move(actor, wallets["cash"], wallets["ada"], "10.00")
    await pool().execute("UPDATE posting_accounts SET debits = debits + 1 WHERE id = $1", wallets["cash"])
    assert not (await read_accounting_report(actor)).balanced
    found = {finding.rule for finding in (await prove_books(actor.customer_id)).findings.kept}
    assert "accounting-equation" in found


DAMAGE = {
    "wallet-account": "UPDATE wallets SET accounting_type = 'ASSET' WHERE id = $1",
    "wallet-in-account": "UPDATE wallets SET account_reference = 'wrong' WHERE id = $1",
    "wallet-open": "UPDATE posting_accounts SET is_open = false WHERE id = $1",
    "wallet-closed-empty": "UPDATE wallets SET closed_at = now() WHERE id = $1",
    "account-closed-wallets": """
        UPDATE accounts SET closed_at = now() WHERE id = (SELECT account_id FROM wallets WHERE id = $1)
    """,
    "account-backing": """
        UPDATE accounts SET backing_ledger_id = (SELECT id FROM ledgers)
        WHERE id = (SELECT account_id FROM wallets WHERE id = $1)
    """,
}


def test_damages_something_for_every_rule():
    assert {*DAMAGE, "accounting-equation", "wallet-exists"} == {rule.name for rule in WALLET_RULES}


@pytest.mark.parametrize("rule", DAMAGE)
async def test_finds_what_is_damaged(actor, wallets, issue, rule):
    await issue(actor)
    await move(actor, wallets["cash"], wallets["ada"], "10.00")
    assert (await prove_books(actor.customer_id)).findings.kept == []
    await pool().execute(DAMAGE[rule], wallets["ada"])
    found = {finding.rule for finding in (await prove_books(actor.customer_id)).findings.kept}
    assert rule in found


async def test_finds_a_posting_account_without_its_wallet(actor, wallets):
    await pool().execute("DELETE FROM wallet_changes WHERE wallet_id = $1", wallets["rent"])
    await pool().execute("DELETE FROM wallets WHERE id = $1", wallets["rent"])
    found = {finding.rule for finding in (await prove_books(actor.customer_id)).findings.kept}
    assert found == {"wallet-exists"}


async def changed(actor, since):
    found = await list_wallets(actor, WalletFilter(changed_since=since), Page(100))
    return {wallet.id for wallet in found}


async def test_counts_credits_and_debits_as_changes(actor, wallets):
    since = (await move(actor, wallets["cash"], wallets["ada"], "10.00")).posted_at
    assert await changed(actor, since) == {wallets["cash"], wallets["ada"]}
    later = (await move(actor, wallets["ada"], wallets["grace"], "1.00")).posted_at
    assert await changed(actor, later) == {wallets["ada"], wallets["grace"]}


async def test_notes_what_an_older_version_numbered_without_noting(actor, wallets):
    await number_events(actor.customer_id, wait=True)
    since = (await move(actor, wallets["cash"], wallets["ada"], "10.00")).posted_at
    earlier = await fetchval("SELECT changed_at FROM wallet_changes WHERE wallet_id = $1", wallets["ada"])
    await number_events(actor.customer_id, wait=True)
    # As an older process leaves it: numbered, but not noted.
    await pool().execute("UPDATE wallet_changes SET changed_at = $1", earlier)
    await pool().execute("UPDATE feeds SET wallets_noted_position = wallets_noted_position - 2")
    assert await changed(actor, since) == {wallets["cash"], wallets["ada"]}
    feed = await fetchrow("SELECT last_position, wallets_noted_position FROM feeds")
    assert feed["last_position"] == feed["wallets_noted_position"] > 0


async def test_notes_more_than_a_batch_that_was_missed(actor, wallets):
    for number in range(3):
        since = (await move(actor, wallets["cash"], wallets["ada"], "1.00", f"key {number}")).posted_at
    await number_events(actor.customer_id, wait=True)
    await pool().execute(
        "UPDATE feeds SET last_position = $1, wallets_noted_position = 0", last := 2 * BATCH_SIZE_MAX + 5
    )
    await pool().execute("UPDATE wallet_changes SET changed_at = 'epoch'")
    assert await changed(actor, since) == {wallets["cash"], wallets["ada"]}
    assert await fetchval("SELECT wallets_noted_position FROM feeds") == last


async def test_feeds_changed_wallets_without_loss(actor, other_actor, wallets):
    await move(actor, wallets["cash"], wallets["ada"], "10.00")
    await move(actor, wallets["ada"], wallets["grace"], "1.00")
    page = await read_wallet_changes(actor, after=None, limit=100)
    assert [(change.type, change.wallet.name) for change in page.changes] == [
        ("wallet.created", "fees"),
        ("wallet.created", "rent"),
        ("wallet.balance_changed", "cash"),
        ("wallet.balance_changed", "ada"),
        ("wallet.balance_changed", "grace"),
    ]
    assert page.changes[-1].wallet.posted_minor_units == 100
    assert not page.has_more
    assert page.end.position == await last_position(actor)
    place, seen = FeedPlace(0), []
    while (step := await read_wallet_changes(actor, after=place, limit=1)).changes:
        seen += [(change.type, change.wallet.name) for change in step.changes]
        place = step.end
    assert len(seen) == 9
    assert (await read_wallet_changes(other_actor, after=None, limit=100)).changes == []
