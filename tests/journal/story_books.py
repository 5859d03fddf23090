"""The journal and the plain model side by side: commands are given to both, and what became of them is compared."""

import asyncio
import copy
from collections import deque
from dataclasses import replace

import pytest

from app.accounts.accounting import read_accounting_report
from app.accounts.create_account import create_account
from app.accounts.orders import CreateAccount, NewWallet
from app.accounts.queries import find_wallet, find_wallet_by_address
from app.controls.freeze import FreezeParty, freeze
from app.controls.set_overdraft_limit import SetOverdraftLimit, set_overdraft_limit
from app.controls.unfreeze import UnfreezeParty, unfreeze
from app.db.connection import fetch, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.idempotency.key import make_key
from app.journal.amounts import AmountText, exact
from app.journal.balances_at import BalanceDate, balances_at
from app.journal.carry_out_batch import Done
from app.journal.close_books import CloseBooks, close_books
from app.journal.coalescer import Coalescer
from app.journal.group_queries import read_group
from app.journal.instructions import Adjust, Capture, Expire, Place, Post, Release, Reverse
from app.journal.memory import Memory
from app.journal.posting_accounts import (
    Book,
    NormalSide,
    awaits_a_held_transfer,
    lock_posting_account,
    set_frozen,
    set_open,
    set_overdraft_limit_of,
)
from app.journal.reopen_books import reopen_books
from app.journal.reverse_group import reversals_of
from app.kernel.actor import worker_actor
from app.kernel.clock import rfc3339
from app.kernel.errors import BatchRefused, DomainError, InvalidState
from app.kernel.money import Unit, decimal_text
from tests.bookkeeping import open_account
from tests.journal import model as plain
from tests.journal.orders import assert_books_balance
from tests.journal.story_commands import ACCOUNTS, END, FUNDING, PATH, UNKNOWN, instant_of

OWN_KEY = "own-"
"""Of a transfer for which the story gives no key: only with one it is posted by memory."""


class StoryBooks:
    """One customer, two coalescers that know nothing of each other, and the model beside them."""

    run = None
    """Waits for a coroutine; set by the test."""
    counts = None
    """How batches of plain transfers went; set by the test."""

    def __init__(self):
        super().__init__()
        self.model = plain.Model([plain.Account(*one) for one in ACCOUNTS])
        self.ids = {"transfer": [], "hold": []}
        self.groups = {}
        """Ids of groups, those of reversals among them, in their order."""
        self.given = []
        """Commands with keys."""

    async def _open_accounts(self):
        self.customer_id = new_id()
        await pool().execute("INSERT INTO customers VALUES ($1, 'Example Ltd', now())", self.customer_id)
        await pool().execute("INSERT INTO feeds (customer_id) VALUES ($1)", self.customer_id)
        self.actor = worker_actor(self.customer_id)
        self.queues = deque(self._coalescer() for _ in range(2))
        self.account_ids = [await self._open_account(str(number), *account) for number, account in enumerate(ACCOUNTS)]
        await self._submit([[command] for command in FUNDING])

    def _coalescer(self):
        """It soon goes by memory again where that was wrong."""
        return Coalescer(
            batch_size_max=5, memory=Memory(patience_min=1, patience_max=2, quiet_min=1, counts=self.counts)
        )

    async def _open_account(self, name, book, asset, scale, normal_side, allow_negative):
        """A posting account; one of a wallet comes with that, an asset or a liability."""
        if book == "WALLET":
            kind = "ASSET" if normal_side == "DEBIT" else "LIABILITY"
            wallet = NewWallet(name, asset, kind, scale, allow_negative)
            await create_account(self.actor, CreateAccount("CHART", name, wallets=(wallet,)))
            return (await find_wallet_by_address(self.actor, name, name, asset)).id
        return await open_account(
            self.customer_id,
            book=Book(book),
            unit=Unit(asset, scale),
            normal_side=NormalSide(normal_side),
            allow_negative=allow_negative,
        )

    async def _submit(self, lists):
        """Submit all of these at once, and have the model decide them in the same order."""
        lists = [[self._as_known(command) for command in one] for one in lists]
        instructions = [[self._instruction(command) for command in one] for one in lists]
        submitting = [self.queues[0].submit(self.customer_id, one) for one in instructions]
        answers = await asyncio.gather(*submitting)
        expected = [(command, self._expected(command)) for one in lists for command in one]
        asked = [instruction for one in instructions for instruction in one]
        self._compare(expected, asked, [outcome for answer in answers for outcome in answer])
        await self._compare_rows()

    async def _reverse_group(self, group_id):
        """As the verb does it."""
        numbers = [n for n, transfer in enumerate(self.model.transfers) if transfer.group == group_id]
        left = [n for n in reversed(numbers) if self.model.transfers[n].reversed < self.model.transfers[n].amount]
        transfers = await read_group(self.customer_id, group_id)
        assert [one.id for one in transfers] == [self.ids["transfer"][n] for n in numbers]
        if not left:
            with pytest.raises(InvalidState):
                reversals_of(self.actor, group_id, transfers, None, None)
            return
        reversals = reversals_of(self.actor, group_id, transfers, None, None)
        await self._submit_atomic([plain.Command("reverse", target=n) for n in left], reversals)

    async def _submit_atomic(self, several, instructions=None):
        several = [self._as_known(command) for command in several]
        if instructions is None:
            instructions = [self._instruction(command) for command in several]
            group_id = new_id()
            for instruction in instructions:
                if isinstance(instruction, Post):
                    instruction.group_id = group_id
        before = copy.deepcopy(self.model)
        expected = [(command, self._expected(command)) for command in several]
        refusals = [index for index, (_, answer) in enumerate(expected) if isinstance(answer, plain.Refused)]
        if refusals:
            self.model = before
            with pytest.raises(BatchRefused) as refused:
                await self.queues[0].submit(self.customer_id, instructions, atomic=True)
            assert refused.value.index == refusals[0]
            assert refused.value.cause.code == expected[refusals[0]][1].code
        else:
            outcomes = await self.queues[0].submit(self.customer_id, instructions, atomic=True)
            self._compare(expected, instructions, outcomes)
            for (_, answer), instruction in zip(expected, instructions, strict=True):
                if not answer.replayed and getattr(instruction, "group_id", None) is not None:
                    self.model.transfers[answer.number].group = instruction.group_id
                    self.groups |= {instruction.group_id: None}
        await self._compare_rows()

    def _as_known(self, command):
        """Nobody can name what is only being made at the same time."""
        known = self.ids["transfer" if command.what == "reverse" else "hold"]
        return command if command.target < len(known) else replace(command, target=UNKNOWN)

    def _expected(self, command):
        try:
            return self.model.decide(command)
        except plain.Refused as refusal:
            return refusal

    def _instruction(self, command):
        same = {"actor": self.actor, "resource_id": new_id(), "key": None}
        if command.what == "post" and not command.forced:
            same["key"] = make_key(command.what, command.key or f"{OWN_KEY}{new_id()}", (repr(command.content),), PATH)
        elif command.key is not None:
            same["key"] = make_key(command.what, command.key, (repr(command.content),), PATH)
        match command.what:
            case "post":
                dated = instant_of(command.day)
                return Post(**same, **self._sides(command), is_forced=command.forced, effective_at=dated)
            case "place":
                return Place(**same, **self._sides(command), expires_at=END if command.expires else None)
            case "capture":
                dated = instant_of(command.day)
                return Capture(**same, **self._part(command), final=command.final, effective_at=dated)
            case "release":
                return Release(**same, **self._part(command))
            case "adjust":
                return Adjust(**same, **self._part(command))
            case "expire":
                return Expire(**same, hold_id=self._id("hold", command.target))
            case "reverse":
                return Reverse(**same, **self._part_of_transfer(command))

    def _sides(self, command):
        unit = Unit(*ACCOUNTS[command.debit][1:3])
        return {
            "debit_id": self.account_ids[command.debit],
            "credit_id": self.account_ids[command.credit],
            "amount": exact(command.amount, unit),
        }

    def _part(self, command):
        hold_id = self._id("hold", command.target)
        if command.amount is None:
            return {"hold_id": hold_id, "amount": None}
        known = self.model.holds[command.target : command.target + 1]
        number = known[0].debit if known else 0
        return {"hold_id": hold_id, "amount": exact(command.amount, Unit(*ACCOUNTS[number][1:3]))}

    def _part_of_transfer(self, command):
        transfer_id = self._id("transfer", command.target)
        if command.amount is None:
            return {"transfer_id": transfer_id}
        known = self.model.transfers[command.target : command.target + 1]
        number = known[0].debit if known else 0
        return {"transfer_id": transfer_id, "amount": exact(command.amount, Unit(*ACCOUNTS[number][1:3]))}

    def _id(self, noun, number):
        known = self.ids[noun]
        return known[number] if number < len(known) else new_id()

    def _compare(self, expected, asked, outcomes):
        """The outcomes are what the model says; learns the ids of what is new."""
        for (command, answer), instruction, outcome in zip(expected, asked, outcomes, strict=True):
            if isinstance(answer, plain.Refused):
                assert isinstance(outcome, DomainError), (command, answer, outcome)
                assert outcome.code == answer.code, (command, answer, outcome)
                continue
            assert isinstance(outcome, Done), (command, answer, outcome)
            assert outcome.replayed is answer.replayed, (command, answer, outcome)
            if command.what == "capture" and not answer.replayed:
                self.ids["transfer"].append(instruction.resource_id)
            elif not answer.replayed and command.what in {"post", "reverse", "place"}:
                self.ids[answer.noun].append(outcome.object.id)
            assert outcome.object.id == self.ids[answer.noun][answer.number], (command, answer, outcome)
            if answer.noun == "transfer":
                self._compare_transfer(self.model.transfers[answer.number], outcome.object)

    def _compare_transfer(self, expected, found):
        assert (found.kind, found.amount) == (expected.kind, expected.amount)
        assert (found.debit_sequence, found.debit_balance_after) == expected.debit_entry
        assert (found.credit_sequence, found.credit_balance_after) == expected.credit_entry

    async def _compare_rows(self):
        """What is stored is what the model has."""
        accounts = await self._rows("SELECT * FROM posting_accounts WHERE customer_id = $1")
        for account_id, expected in zip(self.account_ids, self.model.accounts, strict=True):
            row = accounts[account_id]
            assert (row["debits"], row["credits"], row["held"]) == (expected.debits, expected.credits, expected.held)
            assert (row["sequence"], row["is_open"]) == (len(expected.balances), expected.is_open)
            assert (row["overdraft_limit"] or 0, row["forced_below"] or 0) == (expected.limit, expected.below)
            frozen = {None: (False, False), "DEBITS": (True, False), "CREDITS": (False, True), "ALL": (True, True)}
            assert (row["frozen_debits"] == row["debits"], row["frozen_credits"] == row["credits"]) == frozen[
                expected.frozen
            ]
        holds = await self._rows("SELECT * FROM holds WHERE customer_id = $1")
        assert len(holds) == len(self.model.holds)
        for hold_id, expected in zip(self.ids["hold"], self.model.holds, strict=True):
            row, transfer = holds[hold_id], expected.transfer
            assert row["status"] == expected.status
            assert row["amount_minor_units"] == (expected.remaining or expected.amount)
            assert (row["captured_minor_units"] or 0, row["released_minor_units"] or 0) == (
                expected.captured,
                expected.released,
            )
            assert row["last_transfer_id"] == (None if transfer is None else self.ids["transfer"][transfer])
        transfers = await self._rows("SELECT * FROM transfers WHERE customer_id = $1")
        assert len(transfers) == len(self.model.transfers)
        for transfer_id, expected in zip(self.ids["transfer"], self.model.transfers, strict=True):
            self._compare_stored_transfer(transfers[transfer_id], expected)
        kept = await fetch("SELECT operation, key FROM idempotency_keys WHERE customer_id = $1", self.customer_id)
        named = {(row["operation"], row["key"]) for row in kept if not row["key"].startswith(OWN_KEY)}
        assert named == set(self.model.keys)

    def _compare_stored_transfer(self, row, expected):
        assert row["effective_at"] == instant_of(expected.day)
        assert (row["debit_sequence"], row["debit_balance_after"]) == expected.debit_entry
        assert (row["credit_sequence"], row["credit_balance_after"]) == expected.credit_entry
        assert row["hold_id"] == (None if expected.hold is None else self.ids["hold"][expected.hold])
        assert row["is_forced"] is expected.is_forced
        assert row["group_id"] == expected.group
        assert row["reverses_id"] == (None if expected.reverses is None else self.ids["transfer"][expected.reverses])

    async def _rows(self, sql):
        return {row["id"]: row for row in await fetch(sql, self.customer_id)}

    async def _end_time_of(self, hold_id):
        await pool().execute(
            "UPDATE holds SET expires_at = clock_timestamp() WHERE customer_id = $1 AND id = $2",
            self.customer_id,
            hold_id,
        )

    async def _close_books(self, day):
        try:
            await close_books(self.actor, CloseBooks(rfc3339(instant_of(day))))
        except InvalidState:
            return False
        return True

    async def _reopen_books(self):
        try:
            await reopen_books(self.actor)
        except InvalidState:
            return False
        return True

    async def _close(self, account_id):
        async with transaction() as tx:
            row = await lock_posting_account(tx, self.customer_id, account_id)
            awaits = await awaits_a_held_transfer(tx, self.customer_id, account_id)
            debited = await tx.fetchval(
                "SELECT EXISTS (SELECT FROM holds WHERE customer_id = $1 AND debit_id = $2 AND status = 'PLACED')",
                self.customer_id,
                account_id,
            )
            if row["debits"] != row["credits"] or awaits or debited:
                return False
            await set_open(tx, self.customer_id, account_id, is_open=False)
            return True

    async def _open_again(self, account_id):
        async with transaction() as tx:
            await set_open(tx, self.customer_id, account_id, is_open=True)

    async def _freeze(self, number, scope):
        """A wallet by the verbs; another account as they do it."""
        account_id = self.account_ids[number]
        is_wallet = self.model.accounts[number].book == "WALLET"
        if is_wallet and scope is not None:
            await freeze(self.actor, FreezeParty(str(account_id), "Example.", scope))
        elif is_wallet:
            await unfreeze(self.actor, UnfreezeParty(str(account_id)))
        else:
            async with transaction() as tx:
                await lock_posting_account(tx, self.customer_id, account_id)
                await set_frozen(tx, self.customer_id, account_id, scope)

    async def _limit(self, number, limit):
        account, unit = self.model.accounts[number], Unit(*ACCOUNTS[number][1:3])
        if account.book == "WALLET":
            asked = AmountText(decimal_text(limit, unit.scale), unit.asset)
            command = SetOverdraftLimit(str(self.account_ids[number]), asked)
            try:
                await set_overdraft_limit(self.actor, command, catalog=None)
            except InvalidState:
                return False
            return True
        async with transaction() as tx:
            row = await lock_posting_account(tx, self.customer_id, self.account_ids[number])
            balance = row["credits"] - row["debits"]  # All of these are credit-normal.
            used, before = max(0, row["held"] - balance), row["overdraft_limit"] or 0
            if limit == before:
                return True
            if row["allow_negative"] or (limit < before and used > limit):
                return False
            await set_overdraft_limit_of(tx, self.customer_id, row["id"], limit, used=used)
            return True

    async def _prove_all(self):
        for queue in self.queues:
            await queue.close()
        await assert_books_balance()
        for account_id, expected in zip(self.account_ids, self.model.accounts, strict=True):
            entries = await fetch(
                """
                SELECT posted_at, sequence FROM transfers CROSS JOIN LATERAL
                    (VALUES (debit_id, debit_sequence), (credit_id, credit_sequence)) AS side (account_id, sequence)
                WHERE customer_id = $1 AND account_id = $2 ORDER BY sequence
                """,
                self.customer_id,
                account_id,
            )
            last_at = {row["posted_at"]: expected.balances[row["sequence"] - 1] for row in entries}
            found = await balances_at(self.actor, [(account_id, at) for at in last_at])
            assert [one.minor_units for one in found] == list(last_at.values())
        await self._prove_value_dates()
        await self._prove_wallets()

    async def _prove_value_dates(self):
        days = range(6)
        wanted = [(account_id, instant_of(day)) for account_id in self.account_ids for day in days]
        found = await balances_at(self.actor, wanted, by=BalanceDate.EFFECTIVE)
        expected = [
            self.model.effective_balance(number, day) for number in range(len(self.account_ids)) for day in days
        ]
        assert [one.minor_units for one in found] == expected

    async def _prove_wallets(self):
        """Assets are what is owed, by the model's sums and by ours."""
        sums = {"ASSET": 0, "LIABILITY": 0}
        for wallet_id, account in zip(self.account_ids, self.model.accounts, strict=True):
            wallet = await find_wallet(self.actor, wallet_id)
            assert (wallet is not None) is (account.book == "WALLET")
            if wallet is not None:
                assert (wallet.posted_minor_units, wallet.held_minor_units) == (account.balance, account.held)
                sums[wallet.accounting_type] += account.balance
        report = await read_accounting_report(self.actor)
        assert {line.accounting_type: line.posted for line in report.lines} == sums
        assert report.balanced
        assert sums["ASSET"] == sums["LIABILITY"]
