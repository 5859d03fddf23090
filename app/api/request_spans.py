"""What the span of a request says of it: never its path, its parameters or its body, which hold what callers sent."""

from app.kernel.request_log import Request
from app.kernel.tracing import Span

SERVER_FAULTS_FROM = 500


def describe_request(span: Span, request: Request, status: int | None = None) -> None:
    """Add who asked, and by what status it was answered, where there is one."""
    if span.trace_id is None:
        return
    span.set("quaestor.request_id", request.request_id)
    if request.customer_id is not None:
        span.set("quaestor.customer_id", str(request.customer_id))
    if status is not None:
        span.set("http.response.status_code", status)
        if status >= SERVER_FAULTS_FROM:
            span.fail(str(status))
