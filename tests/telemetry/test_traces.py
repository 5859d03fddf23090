"""The start of a process with traces: what it needs, and what it says where that is not there."""

import sys

import pytest

from app.main import create_app
from app.settings import WrongSetting, load_settings
from app.telemetry.traces import traces_of

GIVEN = {"database_url": "postgresql://localhost/nowhere", "secret_key": "0123456789abcdef0123456789abcdef"}


def test_refuses_to_start_without_the_extra_and_names_it(monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("app.telemetry.export", "app.telemetry.tracer"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(
        WrongSetting, match=r"^QUAESTOR_TELEMETRY is true, .*extra `telemetry`.*quaestor\[telemetry\]"
    ) as wrong:
        create_app(load_settings(**GIVEN, telemetry=True))
    assert "\n" not in str(wrong.value)


def test_starts_without_the_extra_while_it_is_off(monkeypatch):
    monkeypatch.setitem(sys.modules, "app.telemetry.export", None)
    create_app(load_settings(**GIVEN))


@pytest.mark.parametrize(
    "endpoint", ["localhost:4317", "", "http://", "grpc://collector:4317", "http://a:99999", "http://a:0"]
)
def test_refuses_an_endpoint_that_is_no_address(endpoint):
    with pytest.raises(WrongSetting, match=r"^OTEL_EXPORTER_OTLP_ENDPOINT is '.*': give .*http://127.0.0.1:4318"):
        traces_of(load_settings(**GIVEN, telemetry=True, otlp_endpoint=endpoint), "quaestor-api")


@pytest.mark.parametrize("endpoint", ["http://user:hunter2@127.0.0.1:4318", "https://hunter2@collector:4318"])
def test_refuses_a_password_in_the_endpoint_and_does_not_show_it(endpoint):
    with pytest.raises(WrongSetting, match="OTEL_EXPORTER_OTLP_HEADERS") as wrong:
        traces_of(load_settings(**GIVEN, telemetry=True, otlp_endpoint=endpoint), "quaestor-api")
    assert "hunter2" not in str(wrong.value)


def test_refuses_another_protocol():
    with pytest.raises(WrongSetting, match=r"^OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc': .*http/protobuf"):
        traces_of(load_settings(**GIVEN, telemetry=True, otlp_protocol="grpc"), "quaestor-api")


@pytest.mark.parametrize("headers", ["hunter2", "=hunter2", "a=b,hunter2"])
def test_refuses_headers_that_are_none_and_shows_no_value(headers):
    with pytest.raises(WrongSetting) as wrong:
        traces_of(load_settings(**GIVEN, telemetry=True, otlp_headers=headers), "quaestor-api")
    assert str(wrong.value).startswith("OTEL_EXPORTER_OTLP_HEADERS cannot be used (its value is not shown): ")
    assert "hunter2" not in str(wrong.value)
