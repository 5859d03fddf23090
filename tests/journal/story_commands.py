"""Which commands a story of the journal may give, and the accounts that it is about."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from tests.journal import model as plain

END = datetime(2999, 1, 1, tzinfo=UTC)
DAY_ZERO = datetime(2020, 1, 1, 12, tzinfo=UTC)
DAYS_TO_COME = 1_000_000
PATH = ()
UNKNOWN = 10**9

# The first of each unit lets money in.
ACCOUNTS = [
    ("BANK", "GBP", 2, "CREDIT", True),
    ("BANK", "GBP", 2, "CREDIT", False),
    ("BANK", "GBP", 2, "CREDIT", False),
    ("BANK", "GBP", 2, "CREDIT", False),
    ("WALLET", "GBP", 2, "CREDIT", True),
    ("WALLET", "GBP", 2, "CREDIT", False),
    ("WALLET", "GBP", 2, "DEBIT", False),
    ("WALLET", "GBP", 2, "DEBIT", False),
    ("VIRTUAL", "GOLD", 6, "CREDIT", True),
    ("VIRTUAL", "GOLD", 6, "CREDIT", False),
    ("BANK", "GBP", 2, "CREDIT", False),
    ("WALLET", "GBP", 2, "DEBIT", False),
]
OF_ONE_UNIT = [(0, 1, 2, 3, 10), (4, 5, 6, 7, 11), (8, 9)]
EMPTY = (10, 11)
"""No money is in these at first: they can be closed."""

FUNDING = [
    *(plain.Command("post", *pair, amount=100) for pair in [(0, 1), (0, 2), (4, 5), (6, 4), (7, 4), (8, 9)]),
    *(plain.Command("place", *pair, amount=20, expires=True) for pair in [(1, 2), (5, 6), (9, 8), (2, 0)]),
    *(plain.Command("place", *pair, amount=5) for pair in [(1, 3), (5, 7), (2, 1)]),
]

amounts = st.one_of(st.integers(1, 20), st.sampled_from([1, 20, 100, 1_000, 10**20, plain.LARGEST]))
keys = st.sampled_from([None, None, None, "a", "b", "c", "d"])
pairs = st.one_of(
    *(st.permutations(list(numbers)).map(lambda order: tuple(order[:2])) for numbers in OF_ONE_UNIT),
    st.permutations(range(len(ACCOUNTS))).map(lambda order: tuple(order[:2])),
)
days = st.sampled_from([None, None, None, 1, 2, 3, 4, plain.TODAY + 1])
targets = st.sampled_from([0, 0, 1, 1, 2, 3, 4, 5, 6, UNKNOWN])
commands = st.one_of(
    st.builds(
        lambda what, pair, amount, day, key: plain.Command(what, *pair, amount=amount, day=day, key=key),
        st.just("post"),
        pairs,
        amounts,
        days,
        keys,
    ),
    st.builds(
        lambda pair, amount, expires, key: plain.Command("place", *pair, amount=amount, expires=expires, key=key),
        pairs,
        amounts,
        st.booleans(),
        keys,
    ),
    st.builds(
        plain.Command,
        st.just("capture"),
        amount=st.none() | amounts,
        final=st.booleans(),
        target=targets,
        day=days,
        key=keys,
    ),
    st.builds(plain.Command, st.just("release"), amount=st.none() | amounts, target=targets, key=keys),
    st.builds(plain.Command, st.just("adjust"), amount=amounts, target=targets, key=keys),
    st.builds(plain.Command, st.just("reverse"), amount=st.none() | amounts, target=targets, key=keys),
    st.builds(
        lambda pair, amount: plain.Command("post", *pair, amount=amount, forced=True),
        pairs,
        st.sampled_from([1, 20, 150]),
    ),
    st.builds(plain.Command, st.just("expire"), target=targets),
)

posts = st.builds(
    lambda pair, amount: plain.Command("post", *pair, amount=amount),
    st.sampled_from([(0, 1), (1, 2), (2, 3)]),
    st.integers(1, 9),
)
"""Most of these are posted, if nothing has changed: so they are posted by memory."""


def instant_of(day):
    """The value date of a day of the model: some in the morning, some in the evening; or one still to come."""
    if day is None:
        return None
    return DAY_ZERO + timedelta(days=DAYS_TO_COME if day > plain.TODAY else day, hours=7 * (-1) ** day)
