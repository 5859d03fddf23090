"""Anything, in any order, several at once: the journal does what the plain model does, and its books stay in balance.

Two processes, as far as queues go, take turns: what each remembers of the accounts is often wrong.

`QUAESTOR_TEST_EXAMPLES=2000` tries so many stories, other ones each time. A failure prints how to repeat it.
"""

import asyncio
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from app.db.connection import close_database, open_database
from app.journal.frozen import FreezeScope
from app.journal.memory import Went
from tests.journal import model as plain
from tests.journal.story_books import StoryBooks
from tests.journal.story_commands import ACCOUNTS, EMPTY, commands, posts
from tests.thoroughness import EXAMPLES, examples

SETTINGS = settings(
    max_examples=examples(thorough=30, quick=8),
    stateful_step_count=30,
    derandomize=not EXAMPLES,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class Story(StoryBooks, RuleBasedStateMachine):
    """Anything that a customer may do, in any order."""

    @initialize()
    def open_accounts(self):
        self.run(self._open_accounts())

    @rule(command=commands)
    def one(self, command):
        self.given += [command] if command.key else []
        self.run(self._submit([[command]]))

    @rule(several=st.lists(commands, min_size=2, max_size=8))
    def several_at_once(self, several):
        self.run(self._submit([[command] for command in several]))

    @rule(several=st.lists(posts, min_size=1, max_size=8))
    def several_plain_transfers_at_once(self, several):
        self.run(self._submit([[command] for command in several]))

    @rule()
    def the_other_process_goes_on(self):
        self.queues.rotate()

    @rule(several=st.lists(posts, min_size=4, max_size=8))
    def both_processes_post_by_turns(self, several):
        for command in several:
            self.run(self._submit([[command]]))
            self.queues.rotate()

    @rule(several=st.lists(st.lists(commands, min_size=1, max_size=4), min_size=1, max_size=3))
    def several_lists_at_once(self, several):
        self.run(self._submit(several))

    @rule(several=st.lists(commands, min_size=1, max_size=4))
    def all_or_none(self, several):
        self.run(self._submit_atomic(several))

    @rule(command=commands, times=st.integers(2, 4))
    def one_again_and_again(self, command, times):
        self.run(self._submit([[command]] * times))

    @precondition(lambda self: any(hold.expires and not hold.is_over for hold in self.model.holds))
    @rule(data=st.data(), is_noticed=st.booleans())
    def time_passes_for_a_hold(self, data, is_noticed):
        known = [n for n, hold in enumerate(self.model.holds) if hold.expires and not hold.is_over]
        number = data.draw(st.sampled_from(known))
        self.model.holds[number].is_over = True
        self.run(self._end_time_of(self.ids["hold"][number]))
        if is_noticed:
            self.run(self._submit([[plain.Command("expire", target=number)]]))

    @precondition(lambda self: self.groups)
    @rule(data=st.data())
    def reverse_a_group(self, data):
        self.run(self._reverse_group(data.draw(st.sampled_from(list(self.groups)))))

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def what_was_given_before(self, data):
        self.run(self._submit([[data.draw(st.sampled_from(self.given))]]))

    @rule(number=st.sampled_from([*range(len(ACCOUNTS)), *EMPTY, *EMPTY]))
    def close(self, number):
        is_possible = self.model.close(number)
        assert self.run(self._close(self.account_ids[number])) is is_possible

    @rule(number=st.integers(0, len(ACCOUNTS) - 1))
    def open_again(self, number):
        self.model.accounts[number].is_open = True
        self.run(self._open_again(self.account_ids[number]))

    @rule(number=st.integers(0, len(ACCOUNTS) - 1), scope=st.sampled_from([None, None, *FreezeScope]))
    def freeze(self, number, scope):
        self.model.accounts[number].frozen = None if scope is None else scope.value
        self.run(self._freeze(number, scope))

    @rule(number=st.integers(0, len(ACCOUNTS) - 1), limit=st.sampled_from([0, 0, 10, 60, 200, plain.LARGEST]))
    def limit(self, number, limit):
        is_possible = self.model.limit(number, limit)
        assert self.run(self._limit(number, limit)) is is_possible

    @rule(day=st.integers(1, 4))
    def close_the_books(self, day):
        is_possible = self.model.close_books(day)
        assert self.run(self._close_books(day)) is is_possible

    @rule()
    def reopen_the_books(self):
        is_possible = self.model.reopen_books()
        assert self.run(self._reopen_books()) is is_possible

    def teardown(self):
        if hasattr(self, "account_ids"):
            self.run(self._prove_all())


@pytest.mark.hypothesis
@pytest.mark.timeout(0 if EXAMPLES else 400)
def test_does_what_the_model_does(migrated_url):
    with asyncio.Runner() as runner:
        runner.run(open_database(migrated_url, pool_size=3, application_name="quaestor-tests"))
        try:
            story = type("TheStory", (Story,), {"run": staticmethod(runner.run), "counts": Counter()})
            run_state_machine_as_test(story, settings=SETTINGS)
            assert min(story.counts[went] for went in Went) > 0, story.counts
        finally:
            runner.run(close_database())
