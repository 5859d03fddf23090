"""Traces by OpenTelemetry's SDK, sent by OTLP: the tracer that `app.kernel.tracing` uses where traces are recorded."""
