"""Settings: a wrong value stops the start, and the line says which, what it was, and what it may be."""

import os
import re
from ipaddress import ip_network
from pathlib import Path

import pytest

from app.settings import (
    LOOPBACK_NETWORKS,
    SECRETS,
    Environment,
    Settings,
    WrongSetting,
    environment_with,
    load_settings,
)

DAY = 86_400
WORDS_OF_PARSERS = r"[Ii]nput|pars(e|ing)|[Vv]alue error|literal|convert|Tuple|validation|\^"
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    """An environment that says nothing."""
    for name in tuple(os.environ):
        if name.startswith(("QUAESTOR_", "DATABASE_", "REDIS_", "OTEL_")):
            monkeypatch.delenv(name)


@pytest.fixture
def load(monkeypatch):
    def load(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return load_settings()

    return load


def test_needs_no_setting(load):
    settings = load()
    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 8000, Path(".quaestor"))
    assert (settings.database_url, settings.redis_url, settings.secret_key) == (None, None, None)
    assert (settings.embedded_database, settings.embedded_redis) == (True, True)
    assert (settings.database_pool_size, settings.environment) == (10, Environment.PLAYLIVE)
    assert settings.simulator_delay_seconds == 1
    assert settings.webhook_allowed_ports == ((80, 80), (443, 443), (8000, 9000))
    assert settings.webhook_retry_schedule_seconds == (
        *(5, 30, 120, 600, 1800, 3600, 7200, 18_000, 36_000, 50_400, 72_000),
        DAY,
    )
    assert (settings.allowed_networks, settings.allows_http) == (LOOPBACK_NETWORKS, True)
    assert (settings.serves_graphiql, settings.allowed_origins, settings.allowed_request_headers) == (True, (), ())
    assert (settings.log_format, settings.log_level, settings.catalog_file) == (None, "info", None)
    assert (settings.telemetry, settings.telemetry_sample_ratio, settings.otlp_headers) == (False, 1, None)


def test_reads_no_variable_but_those_that_are_documented(load):
    assert load(HOST="192.0.2.1", PORT="77", URL="http://other", API_KEY="other", ENVIRONMENT="production") == Settings(
        host="127.0.0.1", port=8000, url=None, api_key=None, environment=Environment.PLAYLIVE
    )


@pytest.mark.parametrize(
    ("name", "value", "field", "read"),
    [
        ("QUAESTOR_HOST", "::1", "host", "::1"),
        ("QUAESTOR_PORT", "65535", "port", 65_535),
        ("QUAESTOR_DATA_DIR", "/srv/quaestor", "data_dir", Path("/srv/quaestor")),
        ("DATABASE_URL", "postgres://u:p@h/d", "database_url", "postgres://u:p@h/d"),
        ("DATABASE_URL", "postgresql://u@/d?host=/run", "database_url", "postgresql://u@/d?host=/run"),
        ("REDIS_URL", "rediss://h:6379", "redis_url", "rediss://h:6379"),
        ("REDIS_URL", "unix:///run/valkey.sock", "redis_url", "unix:///run/valkey.sock"),
        ("REDIS_URL", "unix:///run/valkey.sock?db=1", "redis_url", "unix:///run/valkey.sock?db=1"),
        ("REDIS_URL", "redis://:p%40ss@[::1]:6379/1", "redis_url", "redis://:p%40ss@[::1]:6379/1"),
        ("REDIS_URL", "redis://h/", "redis_url", "redis://h/"),
        ("DATABASE_POOL_SIZE", "2", "database_pool_size", 2),
        ("QUAESTOR_ENVIRONMENT", "LIVE", "environment", Environment.LIVE),
        ("QUAESTOR_SECRET_KEY", KEY, "secret_key", KEY),
        ("QUAESTOR_SIMULATOR_DELAY_SECONDS", "0.05", "simulator_delay_seconds", 0.05),
        (
            "QUAESTOR_WEBHOOK_ALLOWED_NETWORKS",
            "10.0.0.0/8, fd00::/8,",
            "webhook_allowed_networks",
            (ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
        ),
        ("QUAESTOR_WEBHOOK_ALLOWED_NETWORKS", "", "allowed_networks", ()),
        ("QUAESTOR_WEBHOOK_ALLOW_HTTP", "false", "allows_http", False),
        ("QUAESTOR_WEBHOOK_ALLOWED_PORTS", "443, 9000-9100", "webhook_allowed_ports", ((443, 443), (9000, 9100))),
        (
            "QUAESTOR_WEBHOOK_RETRY_SCHEDULE_SECONDS",
            "0.1, 5,604800",
            "webhook_retry_schedule_seconds",
            (0.1, 5, 7 * DAY),
        ),
        ("QUAESTOR_WEBHOOK_RETRY_SCHEDULE_SECONDS", "", "webhook_retry_schedule_seconds", ()),
        ("QUAESTOR_CATALOG_FILE", "mine.toml", "catalog_file", Path("mine.toml")),
        ("QUAESTOR_GRAPHIQL", "false", "serves_graphiql", False),
        ("QUAESTOR_CONSOLE", "false", "serves_console", False),
        (
            "QUAESTOR_ALLOWED_ORIGINS",
            "https://app.example.com/, http://localhost:3000",
            "allowed_origins",
            ("https://app.example.com", "http://localhost:3000"),
        ),
        (
            "QUAESTOR_ALLOWED_ORIGINS",
            "null, electron://altair,file:///, capacitor://localhost/, HTTPS://App.example.com:443",
            "allowed_origins",
            ("null", "electron://altair", "file://", "capacitor://localhost", "https://app.example.com"),
        ),
        (
            "QUAESTOR_ALLOWED_REQUEST_HEADERS",
            "sentry-trace, Baggage,,apollographql-client-name ",
            "allowed_request_headers",
            ("sentry-trace", "baggage", "apollographql-client-name"),
        ),
        ("QUAESTOR_LOG_FORMAT", "json", "log_format", "json"),
        ("QUAESTOR_LOG_LEVEL", "debug", "log_level", "debug"),
        ("QUAESTOR_WORK_LEASE_SECONDS", "0.5", "work_lease_seconds", 0.5),
        ("QUAESTOR_WAIT_BACKUP_POLL_SECONDS", "60", "wait_backup_poll_seconds", 60),
        ("QUAESTOR_FAST_EXECUTION", "false", "fast_execution", False),
        ("QUAESTOR_TELEMETRY", "true", "telemetry", True),
        ("QUAESTOR_TELEMETRY_SAMPLE_RATIO", "0.1", "telemetry_sample_ratio", 0.1),
        ("QUAESTOR_TELEMETRY_TRACES_PER_SECOND_MAX", "7", "telemetry_traces_per_second_max", 7),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318", "otlp_endpoint", "https://collector:4318"),
    ],
)
def test_reads_what_is_set(load, name, value, field, read):
    assert getattr(load(**{name: value}), field) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUAESTOR_HOST", ""),
        ("QUAESTOR_PORT", "-1"),
        ("QUAESTOR_PORT", "65536"),
        ("QUAESTOR_PORT", "http"),
        ("QUAESTOR_PORT", ""),
        ("DATABASE_POOL_SIZE", "1"),
        ("DATABASE_POOL_SIZE", "1001"),
        ("QUAESTOR_ENVIRONMENT", "live"),
        ("QUAESTOR_ENVIRONMENT", "PRODUCTION"),
        ("QUAESTOR_SIMULATOR_DELAY_SECONDS", "-1"),
        ("QUAESTOR_SIMULATOR_DELAY_SECONDS", "61"),
        ("QUAESTOR_SIMULATOR_DELAY_SECONDS", "nan"),
        ("QUAESTOR_WEBHOOK_ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("QUAESTOR_WEBHOOK_ALLOWED_NETWORKS", "localhost"),
        ("QUAESTOR_WEBHOOK_ALLOW_HTTP", "perhaps"),
        ("QUAESTOR_WEBHOOK_ALLOWED_PORTS", "0"),
        ("QUAESTOR_WEBHOOK_ALLOWED_PORTS", "9000-8000"),
        ("QUAESTOR_WEBHOOK_ALLOWED_PORTS", "80,70000"),
        ("QUAESTOR_WEBHOOK_ALLOWED_PORTS", "https"),
        ("QUAESTOR_GRAPHIQL", "maybe"),
        ("QUAESTOR_LOG_FORMAT", "xml"),
        ("QUAESTOR_LOG_LEVEL", "LOUD"),
        ("QUAESTOR_WORK_LEASE_SECONDS", "0"),
        ("QUAESTOR_WORK_LEASE_SECONDS", "inf"),
        ("QUAESTOR_WAIT_BACKUP_POLL_SECONDS", "0"),
        ("QUAESTOR_FAST_EXECUTION", "2"),
        ("QUAESTOR_TELEMETRY", "perhaps"),
        ("QUAESTOR_TELEMETRY_SAMPLE_RATIO", "1.1"),
        ("QUAESTOR_TELEMETRY_SAMPLE_RATIO", "-0.1"),
        ("QUAESTOR_TELEMETRY_SAMPLE_RATIO", "nan"),
        ("QUAESTOR_TELEMETRY_TRACES_PER_SECOND_MAX", "0"),
    ],
)
def test_names_the_variable_what_it_was_and_what_it_may_be(load, name, value):
    with pytest.raises(WrongSetting) as wrong:
        load(**{name: value})
    documented = next(field.description for field in Settings.model_fields.values() if field.alias == name)
    message = str(wrong.value)
    assert message.startswith(f"{name} is {value!r}: ")
    assert message.endswith(documented)
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("QUAESTOR_WEBHOOK_RETRY_SCHEDULE_SECONDS", "5,-1", "-1.0"),
        ("QUAESTOR_WEBHOOK_RETRY_SCHEDULE_SECONDS", "5,nan", "nan"),
        ("QUAESTOR_WEBHOOK_RETRY_SCHEDULE_SECONDS", "604801", "604801.0"),
        ("QUAESTOR_WEBHOOK_RETRY_SCHEDULE_SECONDS", "soon", "'soon'"),
        ("QUAESTOR_ALLOWED_ORIGINS", "https://app.example.com,app.example.org", "'app.example.org'"),
        ("QUAESTOR_ALLOWED_ORIGINS", "*", "'*'"),
        ("QUAESTOR_ALLOWED_ORIGINS", "null,file", "'file'"),
        ("QUAESTOR_ALLOWED_REQUEST_HEADERS", "baggage,*", "'*'"),
        ("QUAESTOR_ALLOWED_REQUEST_HEADERS", "baggage,sentry trace", "'sentry trace'"),
        ("QUAESTOR_ALLOWED_REQUEST_HEADERS", "x\r\ny", "'x\\r\\ny'"),
        ("QUAESTOR_ALLOWED_ORIGINS", "https://app.example.com/path", "'https://app.example.com/path'"),
    ],
)
def test_names_the_bad_one_of_several(load, name, value, shown):
    with pytest.raises(WrongSetting, match=rf"^{name} is ") as wrong:
        load(**{name: value})
    assert str(wrong.value).startswith(f"{name} is {shown}: ")


def test_takes_no_endless_retry_schedule(load):
    with pytest.raises(WrongSetting, match=r"^QUAESTOR_WEBHOOK_RETRY_SCHEDULE_SECONDS is "):
        load(QUAESTOR_WEBHOOK_RETRY_SCHEDULE_SECONDS=",".join(["1"] * 101))


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("DATABASE_URL", "mysql://hunter2@h/d", "it must begin with postgresql://."),
        ("DATABASE_URL", "hunter2", "it must begin with postgresql://."),
        ("REDIS_URL", "http://hunter2", "it must begin with redis://, rediss:// or unix://."),
        ("REDIS_URL", "redis://:hunter2/x@h:6379/0", "it is written redis://user:password@host:6379/0,"),
        ("REDIS_URL", "redis://[hunter2", "it is written redis://user:password@host:6379/0,"),
        ("REDIS_URL", "redis://h:hunter2", "it is written redis://user:password@host:6379/0,"),
        ("REDIS_URL", "redis://h/hunter2", "it is written redis://user:password@host:6379/0,"),
        ("REDIS_URL", "rediss://h?db=hunter2", "it is written redis://user:password@host:6379/0,"),
        ("QUAESTOR_SECRET_KEY", "hunter2", "it must have at least 32 characters."),
        ("QUAESTOR_METRICS_KEY", "hunter2", "it must have at least 16 characters."),
        ("QUAESTOR_METRICS_KEY", "hunter2 and what follows", "it must be of visible ASCII characters, without spaces."),
    ],
)
def test_says_what_a_secret_must_be_and_never_what_it_is(load, name, value, wanted):
    with pytest.raises(WrongSetting) as wrong:
        load(**{name: value})
    assert str(wrong.value).startswith(f"{name} cannot be used (its value is not shown): {wanted}")
    assert "hunter2" not in f"{wrong.value} {wrong.value.__cause__}"


@pytest.mark.parametrize("value", ["no such value", "-99999999999999999999", "1e999", "", ",".join(["1"] * 101)])
@pytest.mark.parametrize("name", [field.alias for field in Settings.model_fields.values()])
def test_says_what_any_setting_must_be_in_plain_words(load, name, value):
    try:
        load(**{name: value})
    except WrongSetting as wrong:
        said = str(wrong).partition(": ")[2]
        assert not re.search(
            "[Ii]nput|pars(e|ing)|[Vv]alue error|literal|convert|Tuple|validation|\\^", said.partition(". ")[0]
        ), said


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("QUAESTOR_PORT", "abc", "it must be a whole number"),
        ("QUAESTOR_PORT", "", "it must be a whole number"),
        ("QUAESTOR_PORT", "70000", "it must be at most 65535"),
        ("DATABASE_POOL_SIZE", "1", "it must be at least 2"),
        ("QUAESTOR_ENVIRONMENT", "TEST", "it must be 'PLAY', 'PLAYLIVE' or 'LIVE'"),
        ("QUAESTOR_GRAPHIQL", "perhaps", "it must be true or false"),
        ("QUAESTOR_DATA_DIR", "", "it must name a folder, or be left out"),
        ("QUAESTOR_PORT", "9" * 5_000, "it must be a shorter number"),
        ("QUAESTOR_HOST", "", "it must not be empty"),
        ("QUAESTOR_WEBHOOK_ALLOWED_PORTS", "https", "https is no port, or range of ports, between 1 and 65535"),
        ("QUAESTOR_WEBHOOK_RETRY_SCHEDULE_SECONDS", "1,x", "x is no number of seconds"),
        ("QUAESTOR_WEBHOOK_RETRY_SCHEDULE_SECONDS", ",".join(["1"] * 101), "it must have at most 100 values"),
    ],
)
def test_says_what_a_setting_must_be(load, name, value, wanted):
    with pytest.raises(WrongSetting) as wrong:
        load(**{name: value})
    assert str(wrong.value).startswith(f"{name} is ")
    assert f": {wanted}. " in str(wrong.value)


@pytest.mark.parametrize("name", SECRETS)
def test_takes_an_empty_secret_for_an_unset_one(load, name):
    assert load(**{name: ""}) == load_settings(**{name: None})


def test_tells_of_every_fault_on_a_line_of_its_own(load):
    with pytest.raises(WrongSetting) as wrong:
        load(QUAESTOR_PORT="x", QUAESTOR_LOG_LEVEL="y")
    assert [line.split(" ")[0] for line in str(wrong.value).splitlines()] == ["QUAESTOR_PORT", "QUAESTOR_LOG_LEVEL"]


class TestSecretFiles:
    @pytest.mark.parametrize("name", SECRETS)
    def test_reads_a_secret_from_the_file_that_is_named(self, load, tmp_path, name):
        values = {
            "DATABASE_URL": "postgresql://h/d",
            "REDIS_URL": "redis://h",
            "QUAESTOR_WEBHOOK_PROXY": "http://u@h:1",
        }
        file = tmp_path / "secret"
        file.write_text(f"{values.get(name, KEY)}\n", encoding="utf-8")
        settings = load(**{f"{name}_FILE": str(file)})
        field = next(field for field, known in Settings.model_fields.items() if known.alias == name)
        assert getattr(settings, field) == values.get(name, KEY)

    def test_checks_it_like_any_other(self, load, tmp_path):
        file = tmp_path / "secret"
        file.write_text("hunter2", encoding="utf-8")
        with pytest.raises(WrongSetting, match=r"^QUAESTOR_SECRET_KEY cannot be used \(its value is not shown\): "):
            load(QUAESTOR_SECRET_KEY_FILE=str(file))

    @pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
    def test_says_which_file_cannot_be_read(self, load, tmp_path, content):
        file = tmp_path / "secret"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(WrongSetting) as wrong:
            load(DATABASE_URL_FILE=str(file))
        assert str(wrong.value).startswith(f"DATABASE_URL_FILE is {file}, which cannot be read: ")
        assert str(wrong.value).endswith("It must name a readable text file.")


class TestWhatFollowsFromTheRest:
    def test_lets_webhooks_reach_less_with_a_database_from_outside(self, load):
        settings = load(DATABASE_URL="postgresql://h/d")
        assert (settings.embedded_database, settings.allowed_networks, settings.allows_http) == (False, (), False)

    def test_obeys_what_is_said_about_webhooks_also_then(self, load):
        settings = load(
            DATABASE_URL="postgresql://h/d",
            QUAESTOR_WEBHOOK_ALLOW_HTTP="true",
            QUAESTOR_WEBHOOK_ALLOWED_NETWORKS="10.0.0.0/8",
        )
        assert settings.allows_http
        assert settings.allowed_networks == (ip_network("10.0.0.0/8"),)

    @pytest.mark.parametrize(("environment", "is_served"), [("PLAY", True), ("PLAYLIVE", True), ("LIVE", False)])
    def test_serves_pages_unless_live(self, load, environment, is_served):
        assert load(QUAESTOR_ENVIRONMENT=environment).serves_graphiql is is_served
        assert load(QUAESTOR_ENVIRONMENT=environment).serves_console is is_served


def test_cannot_be_changed_afterwards(load):
    settings = load()
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


def test_takes_overrides_before_the_environment(monkeypatch):
    monkeypatch.setenv("QUAESTOR_PORT", "9000")
    assert load_settings(port=9001).port == 9001


def test_documents_every_setting():
    for field in Settings.model_fields.values():
        assert field.description.endswith("."), field.alias
        assert field.alias.isupper()


def test_documents_defaults_as_they_may_be_written(load):
    table = (Path(__file__).parents[1] / "docs" / "settings.md").read_text(encoding="utf-8")
    written = dict(re.findall(r"^\| `([A-Z_]+)` \| `([^`]+)` \|", table, re.MULTILINE))
    assert len(written) > 20
    unwritten = load()
    assert load(**written) == unwritten


def test_gives_children_our_environment_with_changes(monkeypatch):
    monkeypatch.setenv("SOMETHING", "ours")
    child = environment_with({"SOMETHING": "else", "MORE": "1"})
    assert {**os.environ, "SOMETHING": "else", "MORE": "1"} == child
