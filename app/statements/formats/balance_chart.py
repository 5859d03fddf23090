"""The balance over time, as points of a chart: few enough to draw, however many entries there are."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from app.journal.balances_at import BalanceDate
from app.statements.records import Statement
from app.statements.spool import Spool

COLUMNS = 300


@dataclass(slots=True)
class _Column:
    lowest: int
    highest: int
    last: int


@dataclass(slots=True)
class BalanceChart:
    """The lowest, the highest and the last balance in each of `COLUMNS` parts of the time, and over all of it."""

    opening: int
    lowest: int
    highest: int
    columns: dict[int, _Column] = field(default_factory=dict)

    def points(self) -> Iterator[tuple[float, float]]:
        """The line from left to right, both coordinates from 0 to 1."""
        balance = self.opening
        yield 0.0, self.height_of(balance)
        for number, column in sorted(self.columns.items()):
            x = (number + 0.5) / COLUMNS
            for one in (balance, column.lowest, column.highest, column.last):
                yield x, self.height_of(one)
            balance = column.last
        yield 1.0, self.height_of(balance)

    def height_of(self, balance: int) -> float:
        """Where a balance stands between the lowest and the highest one. Exact until the last step."""
        span = self.highest - self.lowest
        return ((balance - self.lowest) * 10_000 // span) / 10_000 if span else 0.5


def chart_of(statement: Statement, spool: Spool) -> BalanceChart:
    """The chart of a statement."""
    opening = statement.opening
    chart = BalanceChart(opening, opening, opening)
    length = (statement.end - statement.start).total_seconds()
    by_posting = statement.by is BalanceDate.POSTED
    for line in spool:
        at = datetime.fromisoformat(line.posted_at if by_posting else line.effective_at)
        number = min(int((at - statement.start).total_seconds() / length * COLUMNS), COLUMNS - 1)
        balance = line.balance
        column = chart.columns.get(number)
        if column is None:
            chart.columns[number] = _Column(balance, balance, balance)
        else:
            column.lowest, column.highest = min(column.lowest, balance), max(column.highest, balance)
            column.last = balance
        chart.lowest, chart.highest = min(chart.lowest, balance), max(chart.highest, balance)
    return chart
