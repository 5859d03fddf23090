#!/usr/bin/env bash
# opentelemetry-sdk 1.45.2: the batch processor's `export_timeout_millis` bounds nothing, and `force_flush` says that it kept a time it did not.
#
# Expected: `BatchSpanProcessor(exporter, export_timeout_millis=100)`, or OTEL_BSP_EXPORT_TIMEOUT, ends the wait for an export after 100 ms, and
# `force_flush(timeout_millis=100)` returns False when the spans are not out by then, as its declared result says.
# Seen: neither number reaches the exporter or a clock. An export of 1.5 seconds keeps the caller of `force_flush` for 1.5 seconds, and
# the answer is True. A process that flushes at its end is held by a slow collector for as long as the exporter likes.
#
# Output seen (Python 3.11.7):
#   asked for 0.1 s at most, took 1.5 s, answered True
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'opentelemetry-sdk==1.45.2'
"$folder/venv/bin/python" - <<'PYTHON'
import time
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult


class Slow(SpanExporter):
    def export(self, spans):
        time.sleep(1.5)
        return SpanExportResult.SUCCESS


provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(Slow(), export_timeout_millis=100))
with provider.get_tracer("payments").start_as_current_span("send"):
    pass
began = time.monotonic()
answered = provider.force_flush(timeout_millis=100)
took = time.monotonic() - began
print(f"asked for 0.1 s at most, took {took:.1f} s, answered {answered}")
assert took >= 1.4 and answered is True, "a timeout is kept now"
PYTHON
