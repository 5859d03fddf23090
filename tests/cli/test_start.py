"""What keeps API and worker from starting is told in one line that names the variable, with the exit code it has."""

import asyncio

import asyncpg
import pytest

from app.webhooks.endpoints.secret_key_check import check_secret_key
from tests.cli.test_main import quaestor

RIGHT = "the secret key that this installation has"
WRONG = "some other secret key, also long enough"


@pytest.fixture
def start(migrated_url, tmp_path):
    """Start one of our processes, which is to end by itself."""

    def run(command, **changes):
        settings = {"DATABASE_URL": migrated_url, "QUAESTOR_SECRET_KEY": RIGHT, "QUAESTOR_PORT": "1", **changes}
        ran = quaestor(command, QUAESTOR_DATA_DIR=str(tmp_path / "none"), **settings)
        assert "Traceback" not in ran.stderr
        return ran.returncode, ran.stderr

    return run


@pytest.fixture
def sealed(migrated_url):
    """An installation that was started with RIGHT."""

    async def seal():
        connection = await asyncpg.connect(migrated_url)
        await connection.execute("TRUNCATE secret_key_check, webhook_secrets")
        await check_secret_key(connection, RIGHT)
        await connection.close()

    asyncio.run(seal())


@pytest.mark.thorough
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_is_refused_with_another_secret_key(start, sealed, command, free_port):
    code, said = start(command, QUAESTOR_SECRET_KEY=WRONG, QUAESTOR_PORT=str(free_port))
    assert code == 2
    assert said.startswith("QUAESTOR_SECRET_KEY is not the key that the secrets in this database are stored under. ")
    assert said.count("\n") == 1


@pytest.mark.thorough
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_is_told_that_there_is_no_such_database(start, postgres, command, free_port):
    code, said = start(command, DATABASE_URL=postgres.url_of("books"), QUAESTOR_PORT=str(free_port))
    assert code == 3
    place = f"books at {postgres.url.partition('host=')[2]}"
    assert said == f'DATABASE_URL: the database {place} does not let us in: database "books" does not exist.\n'


@pytest.mark.thorough
def test_dev_is_refused_with_another_secret_key_and_ends(start, sealed, free_port):
    code, said = start("dev", QUAESTOR_SECRET_KEY=WRONG, QUAESTOR_PORT=str(free_port), REDIS_URL="redis://127.0.0.1:1")
    assert code == 2
    assert said.startswith("QUAESTOR_SECRET_KEY is not the key ")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("command", "variable"), [("serve", "QUAESTOR_METRICS_PORT"), ("worker", "QUAESTOR_WORKER_METRICS_PORT")]
)
def test_is_told_that_the_port_of_the_metrics_is_taken(start, sealed, command, variable, free_port, taken_port):
    code, said = start(command, QUAESTOR_PORT=str(free_port), QUAESTOR_LOG_LEVEL="error", **{variable: str(taken_port)})
    assert code == 2
    assert said.startswith(f"{variable} is {taken_port}, and QUAESTOR_METRICS_HOST 127.0.0.1: ")
