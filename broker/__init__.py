"""A genuine Apache Kafka of one node, on loopback, for development, tests and benchmarks. No part of the product."""
