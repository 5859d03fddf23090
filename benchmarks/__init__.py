"""What is fast, measured: one file per claim, both sides in one run. `python -m benchmarks [name …]`."""
