"""Run the benchmarks named on the command line, or all, and print their tables. `--full` measures everything."""

import sys

from benchmarks import (
    backlog,
    customers,
    deliveries,
    finding,
    growth,
    kafka,
    keeping,
    memory,
    neighbors,
    posting,
    processes,
    reading,
    replaying,
    rest,
    soak,
    starting,
    statements,
    storage,
    subscribing,
    tracing,
    transports,
    value_dates,
    waiting,
)
from benchmarks.product import interpreter, servers

ALL = {
    "reading": reading.run,
    "rest": rest.run,
    "posting": posting.run,
    "processes": processes.run,
    "customers": customers.run,
    "growth": growth.run,
    "finding": finding.run,
    "value_dates": value_dates.run,
    "statements": statements.run,
    "kafka": kafka.run,
    "deliveries": deliveries.run,
    "transports": transports.run,
    "neighbors": neighbors.run,
    "backlog": backlog.run,
    "keeping": keeping.run,
    "replaying": replaying.run,
    "waiting": waiting.run,
    "soak": soak.run,
    "memory": memory.run,
    "subscribing": subscribing.run,
    "starting": starting.run,
    "storage": storage.run,
    "tracing": tracing.run,
}


def main() -> int:
    """Measure; answers the exit code."""
    is_full = "--full" in sys.argv[1:]
    names = [name for name in sys.argv[1:] if name != "--full"] or list(ALL)
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"There is no benchmark {unknown[0]}. There are: {', '.join(ALL)}.")
        return 2
    print(interpreter())
    for name in names:
        with servers(is_full=is_full) as using:
            print(f"\n## {name}\n", *ALL[name](using), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
