import pytest

from app import main
from app.db.connection import fetch, fetchval
from app.main import create_app
from app.settings import WrongSetting, check_environment, load_settings
from tests.db.losing_relay import Loses, losing_relay

GIVEN = {"database_url": "postgresql://localhost/nowhere", "secret_key": "0123456789abcdef0123456789abcdef"}
LIVE = {**GIVEN, "environment": "LIVE"}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({**GIVEN, "database_url": None}, "DATABASE_URL"),
        ({**GIVEN, "secret_key": None}, "QUAESTOR_SECRET_KEY"),
        ({**LIVE, "webhook_allow_http": True}, "QUAESTOR_WEBHOOK_ALLOW_HTTP"),
        ({**LIVE, "graphiql": True}, "QUAESTOR_GRAPHIQL"),
        ({**LIVE, "secret_key": "a" * 40}, "QUAESTOR_SECRET_KEY"),
    ],
)
def test_refuses_to_start_and_names_the_setting(monkeypatch, settings, named):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("QUAESTOR_SECRET_KEY", raising=False)
    with pytest.raises(WrongSetting, match=f"^{named} is "):
        create_app(load_settings(**settings))


@pytest.mark.parametrize("settings", [GIVEN, {**GIVEN, "graphiql": True, "webhook_allow_http": True}, LIVE])
def test_starts_with_what_is_given(settings):
    check_environment(load_settings(**settings))


def test_refuses_to_start_with_a_faulty_catalog(tmp_path):
    faulty = tmp_path / "catalog.toml"
    faulty.write_text("jurisdictions = 5\n", encoding="utf-8")
    with pytest.raises(WrongSetting, match="catalog"):
        create_app(load_settings(**GIVEN, catalog_file=faulty))


def test_serves_its_addresses():
    paths = {route.path for route in create_app(load_settings(**GIVEN)).app.routes}
    assert {"/", "/graphql", "/healthz", "/readyz", "/metrics", "/openapi.json", "/events.json"} <= paths


async def test_starts_although_the_database_is_lost_when_all_is_open(fresh_migrated_url, monkeypatch):
    losses = [ConnectionResetError(), TimeoutError()]

    async def check(_environment, ask):
        await ask("SELECT name FROM pg_settings WHERE name = 'fsync'")
        if losses:
            raise losses.pop()

    monkeypatch.setattr(main, "check_durability", check)
    application = create_app(load_settings(**GIVEN | {"database_url": fresh_migrated_url}))
    async with application.app.router.lifespan_context(application):
        assert await fetchval("SELECT count(*) FROM customers") == 0
        names = await fetch("SELECT application_name FROM pg_stat_activity WHERE datname = current_database()")
        assert len([row for row in names if row["application_name"] == main.APPLICATION_NAME]) <= 2
    assert losses == []


@pytest.mark.parametrize("when", Loses)
async def test_starts_although_the_database_is_lost_meanwhile(fresh_migrated_url, tmp_path, monkeypatch, when):
    """Whichever of the connections it is that a start makes."""

    async def check(_environment, ask):
        """As in LIVE, where the database must be durable, which a test's is not."""
        assert await ask("SELECT name FROM pg_settings WHERE name = 'fsync'")

    monkeypatch.setattr(main, "check_durability", check)
    lost, made = 0, 1
    while lost < made:
        lost += 1
        folder = tmp_path / str(lost)
        folder.mkdir()
        async with losing_relay(fresh_migrated_url, folder, lost=lost, when=when) as (url, relay):
            application = create_app(load_settings(**GIVEN | {"database_url": url}))
            async with application.app.router.lifespan_context(application):
                made = relay.connections
                assert await fetchval("SELECT count(*) FROM customers") == 0
    assert lost >= 2
