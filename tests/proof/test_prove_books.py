"""Proving the books, and finding each kind of damage that is done to the tables by hand."""

import asyncio
from itertools import cycle

import pytest

from app.db.connection import fetchrow, fetchval
from app.db.identifiers import new_id
from app.events.number_events import number_events
from app.journal.amounts import exact
from app.journal.carry_out_batch import Done
from app.journal.coalescer import Coalescer
from app.journal.instructions import Post
from app.kernel.errors import NotFound
from app.proof import prove_accounts
from app.proof.control_rules import CONTROL_RULES
from app.proof.prove_accounts import ENTRY_RULES
from app.proof.prove_books import RULES, prove_books
from app.proof.wallet_rules import WALLET_RULES
from tests.bookkeeping import GBP, fund, open_account
from tests.proof.hold_damages import HOLD_DAMAGES
from tests.proof.key_damages import KEY_DAMAGES, use_every_key
from tests.rich_books import copied, damage, opened, rich_template

NOTHING = "0197a3c2-5b6e-7c11-8f00-0123456789a8"
WRITERS = 8


@pytest.fixture(scope="module")
async def template(postgres):
    async with rich_template(postgres) as made:
        yield made


@pytest.fixture
async def books(postgres, template):
    """One customer's rich books, in a database of this test's own that has another customer's beside them."""
    name, books = template
    async with copied(postgres, name) as url, opened(url):
        yield books


async def test_proves_the_rich_books_of_several_customers(books):
    told = []

    proof = await prove_books(tell=told.append)

    assert proof.findings.kept == []
    assert proof.is_proven
    counts = proof.counts
    assert (counts.customers, counts.ledgers, counts.payments) == (2, 16, 20)
    assert counts.transfers == await fetchval("SELECT count(*) FROM transfers")
    assert counts.entries == 2 * counts.transfers
    assert counts.accounts == await fetchval("SELECT count(*) FROM posting_accounts")
    assert counts.holds == await fetchval("SELECT count(*) FROM holds")
    assert counts.events == await fetchval("SELECT count(*) FROM events")
    assert counts.idempotency_keys == await fetchval("SELECT count(*) FROM idempotency_keys")
    assert told[0] == f"customer 1 ({books.customer_id}): accounts and entries"


async def test_proves_one_customer_alone(books):
    await damage(f"UPDATE posting_accounts SET sequence = 7 WHERE customer_id <> '{books.customer_id}'")

    proof = await prove_books(books.customer_id)

    assert (proof.is_proven, proof.counts.customers) == (True, 1)


async def test_proves_an_installation_without_customers(database):
    proof = await prove_books()

    assert (proof.is_proven, proof.counts.customers) == (True, 0)


async def test_knows_who_is_no_customer(books):
    with pytest.raises(NotFound):
        await prove_books(new_id())


async def test_proves_ranges_of_accounts_one_after_another(books, monkeypatch):
    monkeypatch.setattr(prove_accounts, "ENTRIES_PER_RANGE", 5)
    told = []

    proof = await prove_books(books.customer_id, tell=told.append)

    assert proof.is_proven
    assert proof.counts.accounts == await fetchval(
        "SELECT count(*) FROM posting_accounts WHERE customer_id = $1", books.customer_id
    )
    assert proof.counts.entries == 2 * proof.counts.transfers
    assert len([text for text in told if text.endswith(" entries") and " accounts, " in text]) > 3


async def test_proves_while_others_are_posting(books, monkeypatch):
    """No false alarm: what is proven is one snapshot, over all of its statements. And writers are not held up by it."""
    monkeypatch.setattr(prove_accounts, "ENTRIES_PER_RANGE", 5)
    customer_id, is_over, posted = books.customer_id, asyncio.Event(), 0
    accounts = [await open_account(customer_id, balance=1_000_000) for _ in range(4)]
    processes = [Coalescer(), Coalescer()]

    async def write(number):
        nonlocal posted
        for step in cycle(range(4)):
            if is_over.is_set():
                return
            sides = accounts[step], accounts[(step + 1 + number % 3) % 4]
            post = Post(
                actor=books.actor,
                resource_id=new_id(),
                key=None,
                debit_id=sides[0],
                credit_id=sides[1],
                amount=exact(1 + number, GBP),
            )
            (outcome,) = await processes[number % 2].submit(customer_id, [post])
            assert isinstance(outcome, Done)
            posted += 1

    async def number():
        while not is_over.is_set():
            await number_events(customer_id)
            await asyncio.sleep(0)

    writers = [asyncio.create_task(write(one)) for one in range(WRITERS)] + [asyncio.create_task(number())]
    entries, posted_meanwhile = [], 0
    while len(set(entries)) < 5 or not posted_meanwhile:
        before = posted
        proof = await prove_books(customer_id)
        assert proof.findings.kept == []
        posted_meanwhile += posted - before
        entries.append(proof.counts.entries)
    is_over.set()
    await asyncio.gather(*writers)
    for process in processes:
        await process.close()

    assert sorted(entries) == entries
    assert (await prove_books(customer_id)).is_proven


# ── damage ──────────────────────────────────────────────────────────────────────────────────────────────────────────

DAMAGES = {
    "a changed total of credits": (
        "UPDATE posting_accounts SET credits = credits + 1 WHERE id = '{first}'",
        {"account-credits: posting account {first}", "unit-totals: unit BANK GBP/2"},
    ),
    "a changed total of debits": (
        "UPDATE posting_accounts SET debits = debits - 1 WHERE id = '{first}'",
        {"account-debits: posting account {first}", "unit-totals: unit BANK GBP/2"},
    ),
    "a total that is no number": (
        "UPDATE posting_accounts SET debits = 'NaN' WHERE id = '{gold}'",
        {"account-debits: posting account {gold}", "unit-totals: unit VIRTUAL GOLD/4"},
    ),
    "totals that lack a transfer on both sides": (
        """UPDATE posting_accounts SET debits = debits - 3050 WHERE id = '{first}';
           UPDATE posting_accounts SET credits = credits - 3050 WHERE id = '{second}'""",
        {"account-debits: posting account {first}", "account-credits: posting account {second}"},
    ),
    "a wrong number of entries": (
        "UPDATE posting_accounts SET sequence = sequence + 1 WHERE id = '{gold}'",
        {"account-sequence: posting account {gold}"},
    ),
    "a wrong time of the last entry": (
        "UPDATE posting_accounts SET last_posted_at = NULL WHERE id = '{gold}'",
        {"account-last-posted-at: posting account {gold}"},
    ),
    "an account that may never be negative, and is": (
        "UPDATE posting_accounts SET allow_negative = false WHERE id = '{negative}'",
        {"account-floor: posting account {negative}"},
    ),
    "more held than there is": (
        "UPDATE posting_accounts SET held = credits - debits + 1 WHERE id = '{first}'",
        {"account-floor: posting account {first}", "account-held: posting account {first}"},
    ),
    "a wallet below its limit": (
        """UPDATE posting_accounts SET overdraft_limit = 19 WHERE id = '{overdrawn}';
           UPDATE wallets SET overdraft_limit_minor_units = 19 WHERE id = '{overdrawn}'""",
        {"account-floor: posting account {overdrawn}"},
    ),
    "an event that hides what was forced": (
        """UPDATE events SET body = replace(body, '"forced":true', '"forced":false')
           WHERE resource_id = '{forced}'""",
        {"event-transfer: event {forced_event}"},
    ),
    "too much held": (
        "UPDATE posting_accounts SET held = held + 1 WHERE id = '{first}'",
        {"account-held: posting account {first}"},
    ),
    "too little held": (
        "UPDATE posting_accounts SET held = held - 1 WHERE id = '{first}'",
        {"account-held: posting account {first}"},
    ),
    "entries without their account": (
        "DELETE FROM posting_accounts WHERE id = '{lone}'",
        {
            "account-exists: posting account {lone}",
            "transfer-sides: transfer {lone_transfer}",
            "unit-totals: unit BANK GBP/2",
            "unit-entries: unit BANK GBP/2",
        },
    ),
    "an account in another unit": (
        "UPDATE posting_accounts SET asset = 'EUR' WHERE id = '{lone}'",
        {
            "transfer-sides: transfer {lone_transfer}",
            *(f"unit-{what}: unit BANK {unit}/2" for what in ("totals", "entries") for unit in ("GBP", "EUR")),
        },
    ),
    "an account in another book": (
        "UPDATE posting_accounts SET book = 'WALLET' WHERE id = '{lone}'",
        {
            "transfer-sides: transfer {lone_transfer}",
            "wallet-exists: posting account {lone}",
            *(f"unit-{what}: unit {book} GBP/2" for what in ("totals", "entries") for book in ("BANK", "WALLET")),
        },
    ),
    "a changed amount": (
        "UPDATE transfers SET amount_minor_units = amount_minor_units + 1 WHERE id = '{transfer}'",
        {
            "entry-balance: debit of transfer {transfer}",
            "entry-balance: credit of transfer {transfer}",
            "account-debits: posting account {first}",
            "account-credits: posting account {second}",
            "event-transfer: event {transfer_event}",
        },
    ),
    "an amount that is no number": (
        "UPDATE transfers SET amount_minor_units = 'NaN' WHERE id = '{lone_transfer}'",
        {
            "transfer-amount: transfer {lone_transfer}",
            "entry-balance: debit of transfer {lone_transfer}",
            "entry-balance: credit of transfer {lone_transfer}",
            "account-debits: posting account {lone_payer}",
            "account-credits: posting account {lone}",
            "event-transfer: event {lone_event}",
        },
    ),
    "a deleted transfer": (
        "DELETE FROM transfers WHERE id = '{transfer}'",
        {
            "account-debits: posting account {first}",
            "account-credits: posting account {second}",
            "account-sequence: posting account {first}",
            "account-sequence: posting account {second}",
            "entry-sequence: {next_of_first}",
            "entry-sequence: {next_of_second}",
            "entry-balance: {next_of_first}",
            "entry-balance: {next_of_second}",
            "event-transfer: event {transfer_event}",
            "key-transfer: idempotency key postTransfer {transfer_key}",
        },
    ),
    "a gap in a sequence": (
        "UPDATE transfers SET debit_sequence = debit_sequence + 1000 WHERE id = '{last}'",
        {"entry-sequence: debit of transfer {last}", "event-transfer: event {last_event}"},
    ),
    "a sequence that two entries share": (
        "UPDATE transfers SET credit_sequence = credit_sequence - 1 WHERE id = '{last}'",
        {"entry-sequence: credit of transfer {last}", "event-transfer: event {last_event}"},
    ),
    "a wrong balance after": (
        "UPDATE transfers SET credit_balance_after = credit_balance_after + 1 WHERE id = '{transfer}'",
        {"entry-balance: credit of transfer {transfer}"},
    ),
    "a time that goes back": (
        "UPDATE transfers SET posted_at = posted_at - interval '1 hour' WHERE id = '{transfer}'",
        {"entry-time: debit of transfer {transfer}", "entry-time: credit of transfer {transfer}"},
    ),
    "a value date after the posting": (
        """DELETE FROM backdated_days; DELETE FROM backdated_totals;
           UPDATE transfers SET effective_at = NULL;
           UPDATE transfers SET effective_at = posted_at WHERE id = '{lone_transfer}'""",
        {
            "transfer-effective-at: transfer {lone_transfer}",
            *(
                f"backdated-{sums}: posting account {{{side}}}"
                for sums in ("days", "totals")
                for side in ("lone", "lone_payer")
            ),
        },
    ),
    "a value date moved to another day": (
        "UPDATE transfers SET effective_at = effective_at + interval '1 day' WHERE id = '{backdated}'",
        [
            "event-transfer: event {backdated_event}",
            *["backdated-days: posting account {first}"] * 2,
            *["backdated-days: posting account {second}"] * 2,
        ],
    ),
    "a value date moved into closed books": (
        "UPDATE transfers SET effective_at = '2020-03-01T00:00:00Z' WHERE id = '{backdated}'",
        [
            "closed-books: transfer {backdated}",
            "event-transfer: event {backdated_event}",
            *["backdated-days: posting account {first}"] * 2,
            *["backdated-days: posting account {second}"] * 2,
        ],
    ),
    "a value date taken away": (
        "UPDATE transfers SET effective_at = NULL WHERE id = '{backdated}'",
        {
            *(
                f"backdated-{sums}: posting account {{{side}}}"
                for sums in ("days", "totals")
                for side in ("first", "second")
            ),
        },
    ),
    "wrong totals of a day": (
        "UPDATE backdated_days SET credits = credits + 1 WHERE account_id = '{second}' AND day = '2020-03-01'",
        {"backdated-days: posting account {second}"},
    ),
    "a day's totals that are gone": (
        "DELETE FROM backdated_days WHERE account_id = '{second}' AND day = '2020-03-02'",
        {"backdated-days: posting account {second}"},
    ),
    "totals of a day on which nothing is": (
        "UPDATE backdated_days SET day = '2020-03-09' WHERE account_id = '{second}' AND day = '2020-03-02'",
        ["backdated-days: posting account {second}"] * 2,
    ),
    "a wrong sum of what was backdated": (
        """UPDATE backdated_totals SET credited = credited + 1 WHERE account_id = '{first}' AND posted_at =
           (SELECT max(posted_at) FROM backdated_totals WHERE account_id = '{first}')""",
        {"backdated-totals: posting account {first}"},
    ),
    "books reopened by hand": (
        "UPDATE closed_books SET closed_through = NULL WHERE customer_id = '{customer_id}'",
        {"books-event: books {customer_id}"},
    ),
    "books whose closing is forgotten": (
        "DELETE FROM closed_books WHERE customer_id = '{customer_id}'",
        {"books-event: books {customer_id}"},
    ),
    "a transfer between units": (
        "UPDATE transfers SET asset = 'EUR' WHERE id = '{transfer}'",
        {"transfer-sides: transfer {transfer}", "event-transfer: event {transfer_event}"},
    ),
    "a kind that cannot be": (
        "UPDATE transfers SET kind = 'WALLET' WHERE id = '{transfer}'",
        {"transfer-kind: transfer {transfer}", "event-transfer: event {transfer_event}"},
    ),
    "a payment's kind without payment": (
        "UPDATE transfers SET kind = 'PAYMENT_IN' WHERE id = '{transfer}'",
        {
            "transfer-kind: transfer {transfer}",
            "event-transfer: event {transfer_event}",
            "key-transfer: idempotency key postTransfer {transfer_key}",
        },
    ),
    "more reversed than was moved": (
        "UPDATE transfers SET kind = 'REVERSAL', reverses_id = '{reversed}' WHERE id = '{transfer}'",
        {
            "reversed-at-most: transfer {reversed}",
            "reversal-mirrors: transfer {transfer}",  # The other way, and of more.
            "event-transfer: event {transfer_event}",
            "key-transfer: idempotency key postTransfer {transfer_key}",
        },
    ),
    "a transfer put into a group": (
        "UPDATE transfers SET group_id = '{group}' WHERE id = '{transfer}'",
        {"group-is-one: group {group}", "event-transfer: event {transfer_event}"},
    ),
    "a transfer taken out of its group": (
        "UPDATE transfers SET group_id = NULL WHERE id = '{grouped}'",
        {"event-transfer: event {grouped_event}"},
    ),
    "a group's key that leads to another transfer": (
        "UPDATE idempotency_keys SET resource_id = '{lone_transfer}' WHERE resource_id = '{group_reversal}'",
        {"key-transfer: idempotency key reverseGroup {group_key}"},
    ),
    "a reversal of nothing": (
        "UPDATE transfers SET reverses_id = '{nothing}' WHERE id = '{reversal}'",
        {"reversal-mirrors: transfer {reversal}"},
    ),
    "a reversal of something else": (
        "UPDATE transfers SET reverses_id = '{transfer}' WHERE id = '{reversal}'",
        {"reversal-mirrors: transfer {reversal}"},
    ),
    "a reversed reversal": (
        """UPDATE transfers SET kind = 'REVERSAL', reverses_id = '{transfer}' WHERE id = '{reversed}';
           UPDATE transfers SET amount_minor_units = 1200 WHERE id = '{transfer}'""",
        {
            "reversal-mirrors: transfer {reversal}",
            "entry-balance: debit of transfer {transfer}",
            "entry-balance: credit of transfer {transfer}",
            "account-debits: posting account {first}",
            "account-credits: posting account {second}",
            "event-transfer: event {transfer_event}",
            "event-transfer: event {reversed_event}",
            "key-transfer: idempotency key postTransfer {reversed_key}",
        },
    ),
    **HOLD_DAMAGES,
    **KEY_DAMAGES,
    "a hold of less than nothing": (
        "UPDATE holds SET amount_minor_units = - amount_minor_units WHERE id = '{released}'",
        {"hold-amount: hold {released}", "hold-parts: hold {released}", "event-hold: hold {released}"},
    ),
    "a hold between units": (
        "UPDATE holds SET scale = 3 WHERE id = '{released}'",
        {"hold-sides: hold {released}"},
    ),
    "a hold placed again": (
        "UPDATE holds SET status = 'PLACED' WHERE id = '{expired}'",
        {"account-held: posting account {second}", "event-hold: hold {expired}"},
    ),
    "a hold that nobody will end": (
        """UPDATE holds SET status = 'PLACED' WHERE id = '{expired}';
           DELETE FROM outbox_messages WHERE resource_id = '{expired}'""",
        {
            "account-held: posting account {second}",
            "hold-promised: hold {expired}",
            "event-hold: hold {expired}",
        },
    ),
    "a payment that nobody will ask the bank for": (
        "DELETE FROM outbox_messages WHERE resource_id = '{pending}'",
        {"payment-promised: payment {pending}"},
    ),
    "a replay of webhooks that nobody will carry out": (
        """INSERT INTO webhook_replays (customer_id, id, endpoint_id, since, until, matched, position, last_position,
                                         created_at)
           SELECT customer_id, id, id, created_at, created_at, 1, 0, 1, created_at
           FROM payments WHERE id = '{pending}'""",
        {"replay-promised: webhook replay {pending}"},
    ),
    "a hold's version without event": (
        "UPDATE holds SET version = 3 WHERE id = '{released}'",
        {"hold-events: hold {released}"},
    ),
    "a payment accepted by hand": (
        "UPDATE payments SET status = 'ACCEPTED' WHERE id = '{pending}'",
        {"payment-hold: payment {pending}", "payment-transfer: payment {pending}"},
    ),
    "a payment declined by hand": (
        "UPDATE payments SET status = 'DECLINED' WHERE id = '{accepted}'",
        {"payment-hold: payment {accepted}", "payment-transfer: payment {accepted}"},
    ),
    "a payment whose hold was given back": (
        "UPDATE holds SET status = 'RELEASED' WHERE payment_id = '{pending}'",
        {
            "payment-hold: payment {pending}",
            "account-held: posting account {first}",
            "account-held: posting account {settlement}",
            "event-hold: hold {hold_of_pending}",
        },
    ),
    "a payment of another amount": (
        "UPDATE payments SET amount_minor_units = 1 WHERE id = '{received}'",
        {"payment-transfer: payment {received}"},
    ),
    "money that arrived elsewhere": (
        "UPDATE payments SET ledger_id = '{second}' WHERE id = '{received}'",
        {"payment-transfer: payment {received}"},
    ),
    "a payment that is gone": (
        "DELETE FROM payments WHERE id = '{declined}'",
        {"payment-exists: payment {declined}", "key-payment: idempotency key sendPayment {declined_key}"},
    ),
    "a transfer without event": (
        """DELETE FROM feed_entries WHERE event_id = '{transfer_event}';
           DELETE FROM events WHERE id = '{transfer_event}'""",
        {"transfer-event: transfer {transfer}"},
    ),
    "a transfer with two events": (
        "UPDATE events SET resource_id = '{transfer}' WHERE id = '{last_event}'",
        {
            "transfer-event: transfer {transfer}",
            "transfer-event: transfer {last}",
            "event-transfer: event {last_event}",
        },
    ),
    "an event without transfer": (
        """INSERT INTO events (customer_id, id, type, resource_type, resource_id, resource_version, body, via, actor,
                               occurred_at)
           SELECT customer_id, '{nothing}', type, resource_type, '{nothing}', 1, body, via, actor, occurred_at
           FROM events WHERE id = '{transfer_event}';
           INSERT INTO unnumbered_events (customer_id, event_id, type, resource_type, resource_id, occurred_at)
           SELECT customer_id, '{nothing}', type, resource_type, '{nothing}', occurred_at
           FROM events WHERE id = '{transfer_event}'""",
        {"event-transfer: event {nothing}"},
    ),
    "an event that tells of another amount": (
        """UPDATE events SET body = replace(body, '"minor_units":"3050"', '"minor_units":"3051"')
           WHERE id = '{transfer_event}'""",
        {"event-transfer: event {transfer_event}"},
    ),
    "an event that has lost its place": (
        "DELETE FROM feed_entries WHERE event_id = '{transfer_event}'",
        {"event-place: event {transfer_event}"},
    ),
    "an event that waits for a second number": (
        """INSERT INTO unnumbered_events (customer_id, event_id, type, resource_type, resource_id, occurred_at)
           SELECT customer_id, id, type, resource_type, resource_id, occurred_at
           FROM events WHERE id = '{transfer_event}'""",
        {"event-place: event {transfer_event}"},
    ),
    "a place in the feed without event": (
        "UPDATE unnumbered_events SET event_id = '{nothing}' WHERE event_id = '{last_event}'",
        {"event-place: event {nothing}", "event-place: event {last_event}"},
    ),
    "a feed that will number twice": (
        "UPDATE feeds SET last_position = last_position - 1 WHERE customer_id = '{customer_id}'",
        {"feed-position: feed {customer_id}"},
    ),
    "a transfer's key that points nowhere": (
        "UPDATE idempotency_keys SET resource_id = '{nothing}' WHERE resource_id = '{transfer}'",
        {"key-transfer: idempotency key postTransfer {transfer_key}"},
    ),
    "a reversal's key that points nowhere": (
        "UPDATE idempotency_keys SET resource_id = '{nothing}' WHERE resource_id = '{reversal}'",
        {"key-transfer: idempotency key reverseTransfer {reversal_key}"},
    ),
    "a capture's key that points nowhere": (
        "UPDATE idempotency_keys SET resource_id = '{nothing}' WHERE resource_id = '{capture}'",
        {"key-transfer: idempotency key captureHold {capture_key}"},
    ),
    "a hold's key that points nowhere": (
        "UPDATE idempotency_keys SET resource_id = '{nothing}' WHERE resource_id = '{placed}'",
        {"key-hold: idempotency key placeHold {placed_key}"},
    ),
    "a release's key that points nowhere": (
        """UPDATE idempotency_keys SET about_id = '{nothing}'
           WHERE customer_id = '{customer_id}' AND operation = 'releaseHold' AND key = '{release_key}'""",
        {"key-hold-change: idempotency key releaseHold {release_key}"},
    ),
    "a payment's key that points nowhere": (
        "UPDATE idempotency_keys SET resource_id = '{nothing}' WHERE resource_id = '{received}'",
        {"key-payment: idempotency key simulateIncomingPayment {received_key}"},
    ),
    "a key of what another operation made": (
        "UPDATE idempotency_keys SET operation = 'debitVirtualLedger' WHERE resource_id = '{transfer}'",
        {"key-transfer: idempotency key debitVirtualLedger {transfer_key}"},
    ),
    "a transfer with two keys": (
        "UPDATE idempotency_keys SET resource_id = '{transfer}' WHERE resource_id = '{reversed}'",
        {"key-once: idempotency key postTransfer {transfer_key}"},
    ),
    "a ledger that is shut": (
        "UPDATE posting_accounts SET is_open = false WHERE id = '{first}'",
        {"ledger-open: ledger {first}"},
    ),
    "a closed ledger that is open": (
        "UPDATE posting_accounts SET is_open = true WHERE id = '{closed}'",
        {"ledger-open: ledger {closed}"},
    ),
    "a ledger closed with a balance": (
        """UPDATE ledgers SET status = 'CLOSED' WHERE id = '{gold}';
           UPDATE posting_accounts SET is_open = false WHERE id = '{gold}'""",
        {"ledger-closed-empty: ledger {gold}"},
    ),
    "a closed ledger that a hold still awaits": (
        """UPDATE holds SET credit_id = '{closed}' WHERE id = '{placed}'""",
        {"ledger-closed-empty: ledger {closed}"},
    ),
    "a ledger whose money belongs to nobody": (
        "UPDATE posting_accounts SET holder_id = NULL WHERE id = '{first}'",
        {"ledger-account: ledger {first}"},
    ),
    "a ledger without posting account": (
        "DELETE FROM posting_accounts WHERE id = '{closed}'",
        {"ledger-account: ledger {closed}"},
    ),
    "a vault that callers may name": (
        "UPDATE posting_accounts SET is_system = false WHERE id = '{vault}'",
        {"system-account: posting account {vault}"},
    ),
}


@pytest.mark.parametrize("kind", DAMAGES)
async def test_finds(books, kind):
    sql, expected = DAMAGES[kind]
    names = await name_objects(books)

    await damage(sql.format(**names))
    proof = await prove_books()

    found = [f"{one.rule}: {one.object_type} {one.object_id}" for one in proof.findings.kept]
    assert sorted(found) == sorted(finding.format(**names) for finding in expected)
    assert {one.customer_id for one in proof.findings.kept} == {books.customer_id}
    assert sum(proof.findings.counts.values()) == len(found)
    assert not proof.is_proven


def test_is_seen_to_find_what_breaks_each_rule():
    of_wallets = {rule.name for rule in WALLET_RULES}  # Broken in tests/accounts/test_wallet_money.py.
    of_controls = {rule.name for rule in CONTROL_RULES}  # Broken in test_control_rules.py.
    of_sets = {rule.name for _, rules in RULES for rule in rules} - of_wallets - of_controls
    of_accounts = {"account-exists", "account-debits", "account-credits", "account-sequence", "account-last-posted-at"}
    broken = {finding.split(":")[0] for _, expected in DAMAGES.values() for finding in expected}
    assert broken - of_wallets - of_controls == of_sets | of_accounts | set(ENTRY_RULES) | {
        "unit-totals",
        "unit-entries",
    }


@pytest.mark.parametrize(
    ("sql", "rule", "stored", "expected"),
    [
        (
            "UPDATE posting_accounts SET debits = 1, credits = 100001 WHERE id = '{gold}'",
            "account-credits",
            "100001",
            "125000",
        ),
        (
            "UPDATE transfers SET debit_balance_after = 96949 WHERE id = '{transfer}'",
            "entry-balance",
            "96949",
            "96950",
        ),
        (
            "UPDATE posting_accounts SET held = 1 WHERE id = '{first}'",
            "account-held",
            "1",
            "6700, the sum of its placed holds",
        ),
        (
            "UPDATE holds SET status = 'CAPTURED' WHERE id = '{placed}'",
            "hold-transfers",
            "CAPTURED, its transfers move 0",
            "transfers of more than 0, and at most its amount",
        ),
        (
            "UPDATE posting_accounts SET sequence = 7 WHERE id = '{gold}'",
            "account-sequence",
            "7",
            "3, the number of its entries",
        ),
        (
            "UPDATE posting_accounts SET is_open = false WHERE id = '{gold}'",
            "ledger-open",
            "not open for posting",
            "open, since the ledger is OK",
        ),
    ],
)
async def test_says_what_is_stored_and_what_it_should_be(books, sql, rule, stored, expected):
    await damage(sql.format(**await name_objects(books)))

    [finding] = [one for one in (await prove_books()).findings.kept if one.rule == rule]

    assert (finding.stored, finding.expected) == (stored, expected)


async def test_keeps_so_many_findings_of_each_rule_and_counts_the_others(books):
    await damage(
        "UPDATE transfers SET credit_balance_after = credit_balance_after + 1 + abs(hashtext(id::text));"
        "UPDATE idempotency_keys SET resource_id = gen_random_uuid()"
    )
    transfers = await fetchval("SELECT count(*) FROM transfers")
    keys = await fetchval("SELECT count(*) FROM idempotency_keys WHERE operation = 'placeHold'")

    proof = await prove_books(kept_max=3)

    kept = [one.rule for one in proof.findings.kept]
    assert (proof.findings.counts["entry-balance"], kept.count("entry-balance")) == (transfers, 3)
    assert (proof.findings.counts["key-hold"], kept.count("key-hold")) == (keys, 3)


async def test_finds_the_same_in_ranges_of_accounts(books, monkeypatch):
    await damage(
        f"UPDATE transfers SET amount_minor_units = 3051 WHERE id = '{books.transfer}';"
        f"DELETE FROM posting_accounts WHERE id IN ('{books.first}', '{books.gold}')"
    )
    whole = (await prove_books(kept_max=1_000)).findings

    monkeypatch.setattr(prove_accounts, "ENTRIES_PER_RANGE", 5)

    assert (await prove_books(kept_max=1_000)).findings.counts == whole.counts
    assert whole.counts["account-exists"] == 2


async def name_objects(books):
    """The ids that damages and findings name. Adds one account with one entry, and one with a balance below zero."""
    customer_id = books.customer_id
    lone, negative = await open_account(customer_id), await open_account(customer_id, allow_negative=True)
    await fund(customer_id, lone, 500)
    await move(books.actor, negative, await open_account(customer_id), 70)
    lone_transfer = await fetchrow("SELECT * FROM transfers WHERE credit_id = $1", lone)
    last = await fetchval(
        "SELECT id FROM transfers WHERE debit_id = $1 ORDER BY debit_sequence DESC LIMIT 1", books.first
    )
    capture = await fetchval("SELECT id FROM transfers WHERE hold_id = $1", books.captured)
    ids = {name: getattr(books, name) for name in books.__slots__ if name not in {"actor", "api_key"}}
    return {
        **ids,
        **await use_every_key(books.actor),
        "customer_id": customer_id,
        "nothing": NOTHING,
        "lone": lone,
        "lone_payer": lone_transfer["debit_id"],
        "lone_transfer": lone_transfer["id"],
        "lone_event": await event_of(lone_transfer["id"]),
        "negative": negative,
        "last": last,
        "last_event": await event_of(last),
        "transfer_event": await event_of(books.transfer),
        "reversed_event": await event_of(books.reversed),
        "forced_event": await event_of(books.forced),
        "backdated_event": await event_of(books.backdated),
        "capture": capture,
        "hold_of_pending": await fetchval("SELECT id FROM holds WHERE payment_id = $1", books.pending),
        "grouped_event": await event_of(books.grouped),
        "group_key": await key_of(books.group_reversal),
        "transfer_key": await key_of(books.transfer),
        "reversed_key": await key_of(books.reversed),
        "reversal_key": await key_of(books.reversal),
        "capture_key": await key_of(capture),
        "placed_key": await key_of(books.placed),
        "release_key": await fetchval(
            "SELECT min(key) FROM idempotency_keys WHERE customer_id = $1 AND operation = 'releaseHold'", customer_id
        ),
        "received_key": await key_of(books.received),
        "declined_key": await key_of(books.declined),
        "settlement": await fetchval("SELECT credit_id FROM holds WHERE id = $1 OR payment_id = $1", books.pending),
        "vault": await fetchval(
            "SELECT id FROM system_accounts WHERE customer_id = $1 AND system_key = 'vault:GOLD'", customer_id
        ),
        "next_of_first": await entry_after(books.transfer, books.first),
        "next_of_second": await entry_after(books.transfer, books.second),
    }


async def move(actor, debit_id, credit_id, minor_units):
    post = Post(
        actor=actor,
        resource_id=new_id(),
        key=None,
        debit_id=debit_id,
        credit_id=credit_id,
        amount=exact(minor_units, GBP),
    )
    (outcome,) = await Coalescer().submit(actor.customer_id, [post])
    assert isinstance(outcome, Done)


async def event_of(resource_id):
    return await fetchval("SELECT id FROM events WHERE resource_id = $1", resource_id)


async def key_of(resource_id):
    return await fetchval("SELECT key FROM idempotency_keys WHERE resource_id = $1", resource_id)


async def entry_after(transfer_id, account_id):
    """The entry of this account that comes after this transfer's, as findings name it."""
    entries = """
        SELECT id, 'debit' AS side, debit_id AS account_id, debit_sequence AS sequence FROM transfers UNION ALL
        SELECT id, 'credit', credit_id, credit_sequence FROM transfers
    """
    row = await fetchrow(
        f"""
        WITH entries AS ({entries})
        SELECT entry.* FROM entries AS known JOIN entries AS entry
        ON entry.account_id = known.account_id AND entry.sequence = known.sequence + 1
        WHERE known.id = $1 AND known.account_id = $2
        """,
        transfer_id,
        account_id,
    )
    return f"{row['side']} of transfer {row['id']}"
