import pytest

from app.cli.server_environment import embedded_environment, environment_beside_dev, wait_for_dev
from app.embedded.data_folder import lock
from app.kernel.errors import NotReachable
from app.settings import Settings, WrongSetting

SECRET_KEY = "a secret key that is long enough for it"


def settings(tmp_path, **given):
    return Settings(**{"QUAESTOR_DATA_DIR": tmp_path, **given})


def test_says_outright_what_the_embedded_mode_defaults_to(tmp_path):
    found = embedded_environment(settings(tmp_path), database_url="postgresql:///one", redis_url="unix:///two")
    assert found["DATABASE_URL"] == "postgresql:///one"
    assert found["REDIS_URL"] == "unix:///two"
    assert found["QUAESTOR_WEBHOOK_ALLOW_HTTP"] == "true"
    assert found["QUAESTOR_WEBHOOK_ALLOWED_NETWORKS"] == "127.0.0.0/8,::1/128"
    assert found["QUAESTOR_SECRET_KEY"] == (tmp_path / "secret-key").read_text()
    assert found["QUAESTOR_DATA_DIR"] == str(tmp_path)


def test_lets_stand_what_the_user_has_set(tmp_path):
    given = settings(
        tmp_path,
        QUAESTOR_WEBHOOK_ALLOW_HTTP="false",
        QUAESTOR_WEBHOOK_ALLOWED_NETWORKS="10.0.0.0/8",
        QUAESTOR_SECRET_KEY=SECRET_KEY,
        REDIS_URL="redis://elsewhere",
    )
    found = embedded_environment(given, database_url="postgresql:///one", redis_url=None)
    assert found["QUAESTOR_WEBHOOK_ALLOW_HTTP"] == "false"
    assert found["QUAESTOR_WEBHOOK_ALLOWED_NETWORKS"] == "10.0.0.0/8"
    assert found["QUAESTOR_SECRET_KEY"] == SECRET_KEY
    assert "REDIS_URL" not in found
    assert not (tmp_path / "secret-key").exists()


def test_loosens_nothing_for_a_database_from_outside(tmp_path):
    given = settings(tmp_path, DATABASE_URL="postgresql://db/one", QUAESTOR_SECRET_KEY=SECRET_KEY)
    found = embedded_environment(given, database_url=None, redis_url="unix:///two")
    assert found["QUAESTOR_WEBHOOK_ALLOW_HTTP"] == "false"
    assert found["QUAESTOR_WEBHOOK_ALLOWED_NETWORKS"] == ""


def test_allows_no_plain_http_in_live(tmp_path):
    given = settings(tmp_path, QUAESTOR_ENVIRONMENT="LIVE")
    found = embedded_environment(given, database_url="postgresql:///one", redis_url="unix:///two")
    assert found["QUAESTOR_WEBHOOK_ALLOW_HTTP"] == "false"


def test_wants_a_secret_key_for_a_database_from_outside(tmp_path):
    given = settings(tmp_path, DATABASE_URL="postgresql://db/one")
    with pytest.raises(WrongSetting, match="QUAESTOR_SECRET_KEY is not set"):
        embedded_environment(given, database_url=None, redis_url="unix:///two")
    assert not (tmp_path / "secret-key").exists()


def test_adds_nothing_where_the_database_is_named(tmp_path):
    with lock(tmp_path, command="dev") as folder:
        folder.announce(database_url="postgresql:///one", redis_url="unix:///two")
        assert environment_beside_dev(settings(tmp_path, DATABASE_URL="postgresql://db/one")) == {}


def test_needs_a_running_dev_where_no_database_is_named(tmp_path):
    with pytest.raises(NotReachable, match="no `quaestor dev` is running on"):
        environment_beside_dev(settings(tmp_path))
    with lock(tmp_path, command="keys create"), pytest.raises(NotReachable):
        environment_beside_dev(settings(tmp_path))


def test_uses_the_servers_of_a_running_dev(tmp_path):
    with lock(tmp_path, command="dev") as folder:
        folder.announce(database_url="postgresql:///one", redis_url="unix:///two")
        found = environment_beside_dev(settings(tmp_path, QUAESTOR_PORT=9999))
    assert (found["DATABASE_URL"], found["REDIS_URL"]) == ("postgresql:///one", "unix:///two")
    assert found["QUAESTOR_PORT"] == "9999"


def test_wants_the_url_that_a_running_dev_was_given(tmp_path):
    with lock(tmp_path, command="dev") as folder:
        folder.announce(database_url=None, redis_url="unix:///two")
        with pytest.raises(NotReachable, match="was given a DATABASE_URL: set the same one here"):
            environment_beside_dev(settings(tmp_path))


def test_waits_until_dev_is_ready(tmp_path, monkeypatch):
    with lock(tmp_path, command="dev") as folder:
        pauses = []

        def pause(seconds):
            pauses.append(seconds)
            if len(pauses) == 3:
                folder.announce(database_url=None, redis_url=None)

        monkeypatch.setattr("app.cli.server_environment.time.sleep", pause)
        wait_for_dev(settings(tmp_path))
        assert len(pauses) == 3
        wait_for_dev(settings(tmp_path))
        assert len(pauses) == 3


def test_waits_for_nobody_but_dev(tmp_path):
    with pytest.raises(NotReachable, match="No `quaestor dev` is running on "):
        wait_for_dev(settings(tmp_path))
    with lock(tmp_path, command="migrate"), pytest.raises(NotReachable):
        wait_for_dev(settings(tmp_path))
