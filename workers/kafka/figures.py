"""What this process has done, and how far behind it is, for `/metrics` and the log."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

Place = tuple[str, int]
"""A topic and the number of a partition."""


class Done(StrEnum):
    """The result of a message."""

    SUCCESS = "success"
    REFUSED = "refused"
    NO_COMMAND = "no_command"
    FAILED = "failed"
    KNOWN = "known"
    """It had been carried out before."""


class Trouble(StrEnum):
    """What went wrong."""

    BATCH_AGAIN = "batch_again"
    """The database was away or busy: a batch was tried again."""
    NOT_DELIVERED = "not_delivered"
    """Brokers were away or did not confirm: answers were sent again."""
    RECORD_REFUSED = "record_refused"
    """A broker refused a record, such as one too large."""
    GIVEN_UP = "given_up"
    """An answer that brokers refuse even when shortened was dropped."""
    UNREADABLE = "unreadable"
    """A record could not be decoded; its partition waits until it is passed over."""
    JOINED_ANEW = "joined_anew"
    """The group was left and joined again after an error."""


class Figures:
    """Counts of one process."""

    def __init__(self) -> None:
        self.messages: Counter[tuple[str, Done]] = Counter()
        self.troubles: Counter[Trouble] = Counter()
        self.lag: dict[Place, int] = {}

    def expect(self, topic: str) -> None:
        """Begin at zero for this topic: a count that begins at one is no rise to Prometheus."""
        for done in Done:
            self.messages[topic, done] += 0

    def collect(self, *, brokers_are_away: bool) -> Iterable[Metric]:
        """The metrics for Prometheus."""
        messages = CounterMetricFamily(
            "quaestor_kafka_messages",
            "Messages that this process has read, by topic and by what became of them.",
            labels=["topic", "result"],
        )
        for (topic, done), count in self.messages.items():
            messages.add_metric([topic, done], count)
        troubles = CounterMetricFamily(
            "quaestor_kafka_errors",
            "What went wrong between this process, the brokers and the database.",
            labels=["kind"],
        )
        for trouble in Trouble:
            troubles.add_metric([trouble], self.troubles[trouble])
        lag = GaugeMetricFamily(
            "quaestor_kafka_lag",
            "How many messages of a partition wait to be answered, of those that this process was given.",
            labels=["topic", "partition"],
        )
        for (topic, partition), behind in self.lag.items():
            lag.add_metric([topic, str(partition)], behind)
        away = GaugeMetricFamily(
            "quaestor_kafka_unreachable",
            "1 while this process cannot use the brokers, else 0.",
            value=float(brokers_are_away),
        )
        return [messages, troubles, lag, away]
