"""Run the benchmarks named on the command line, or all, and print their tables."""

import sys

from benchmarks import deliveries, reading, waiting
from benchmarks.product import interpreter, servers

ALL = {"reading": reading.run, "deliveries": deliveries.run, "waiting": waiting.run}


def main() -> int:
    """Measure; answers the exit code."""
    names = sys.argv[1:] or list(ALL)
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"There is no benchmark {unknown[0]}. There are: {', '.join(ALL)}.")
        return 2
    print(interpreter())
    for name in names:
        with servers() as using:
            print(f"\n## {name}\n", *ALL[name](using), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
