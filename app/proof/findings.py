"""What a proof of the books finds wrong: the rule by its name, the object by its id."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that must be true of every object of a customer.

    `sql` finds the objects that break it: `object_id`, and the `stored` and `expected` values as text; `$1` is the
    customer. `object_type` is the kind of object, such as `transfer`.
    """

    name: str
    object_type: str
    sql: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One object that breaks a rule. Amounts are minor units."""

    customer_id: UUID
    rule: str
    object_type: str
    object_id: str
    stored: str
    expected: str


class Findings:
    """Counts all findings, and keeps the first `kept_max` of each rule."""

    def __init__(self, kept_max: int) -> None:
        self._kept_max = kept_max
        self._counts: Counter[str] = Counter()
        self._kept: defaultdict[str, list[Finding]] = defaultdict(list)

    @property
    def counts(self) -> dict[str, int]:
        """How many objects break each rule that is broken."""
        return dict(self._counts)

    @property
    def kept(self) -> list[Finding]:
        """The kept findings, rule by rule."""
        return [finding for findings in self._kept.values() for finding in findings]

    def room(self, rule: str) -> int:
        """How many more findings of this rule can be kept."""
        return self._kept_max - len(self._kept[rule])

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it while there is room."""
        self._counts[finding.rule] += 1
        if self.room(finding.rule) > 0:
            self._kept[finding.rule].append(finding)

    def add_uncounted(self, rule: str, count: int) -> None:
        """Count this many more findings, without keeping them."""
        if count > 0:
            self._counts[rule] += count
