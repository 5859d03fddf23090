"""`python -m workers.kafka`: one process that serves Kafka."""

import logging
import sys

from workers.kafka.process import APPLICATION_NAME, run_kafka
from workers.process import run_process


def main() -> int:
    """Run it; returns its exit code."""
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    return run_process(run_kafka, APPLICATION_NAME)


if __name__ == "__main__":
    sys.exit(main())
