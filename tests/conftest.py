"""One real PostgreSQL for all tests, emptied before each that asks for it. No socket leaves this machine."""

import functools
import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, settings

from app.db.connection import close_database, open_database, pool
from app.db.identifiers import new_id
from app.db.migrate import migrate
from app.embedded.postgres import EmbeddedPostgres
from app.journal.coalescer import close_coalescer
from app.kernel.actor import Actor, Via
from broker.apache_kafka import ApacheKafka
from broker.jars import NoBroker
from broker.secure_listener import SecureListener
from tests.empty_tables import emptied_over_one_connection, empty_all_tables, empty_tables_of, prepare_server
from tests.free_ports import free_port
from tests.kept_pool import pools_are_kept
from tests.thoroughness import examples

pytest_plugins = ("tests.skips", "tests.leaks", "tests.many_cases", "tests.said")
# Other folders import these as well, and may come first.
pytest.register_assert_rewrite("tests.faults.money", "tests.faults.payments", "tests.faults.story")

BROKER_START_SECONDS_MAX = 300


def _refuse_the_world(event, arguments):
    if event == "socket.connect":
        connecting, address = arguments
        if connecting.family in (socket.AF_INET, socket.AF_INET6):
            target = ipaddress.ip_address(address[0].split("%")[0])
            assert target.is_loopback, f"a test tried to reach {address}"


sys.addaudithook(_refuse_the_world)

# No proxy of whoever runs the tests comes between them, or the programs they start, and loopback.
for _name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[_name]

# Reading all authorities' certificates takes longer than most tests do, and every client of httpx would read them anew.
httpx._transports.default.create_ssl_context = functools.cache(httpx.create_ssl_context)

# New examples at each run but CI's, which tells of a change and of nothing else; no verdict about the machine's speed.
settings.register_profile(
    "quaestor",
    deadline=None,
    max_examples=examples(thorough=100, quick=20),
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("quaestor")


def pytest_xdist_auto_num_workers():
    """With `-n auto`, one more than there are cores: each has to load all tests, and some tests wait."""
    return 1 + (os.cpu_count() or 1)


def pytest_collection_modifyitems(items):
    """With `--dist loadgroup`, the tests that share one Apache Kafka run in one worker."""
    for item in items:
        if "kafka" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("kafka"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Reports go to another process as UTF-8, but some tests log half a surrogate pair, which UTF-8 cannot write."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report


def pytest_addoption(parser):
    parser.addoption("--postgres-15", action="store_true", help="run on PostgreSQL 15, the oldest that is supported")


def _postgres_15_binaries():
    """The folder of PostgreSQL 15's programs; without it these tests are skipped."""
    folder = Path(os.environ.get("QUAESTOR_TEST_POSTGRES_15_BIN", "/usr/lib/postgresql/15/bin"))
    if (folder / "postgres").exists():
        return folder
    return pytest.skip(f"no PostgreSQL 15 in {folder}: install it, or name its folder in QUAESTOR_TEST_POSTGRES_15_BIN")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory, request) -> Iterator[EmbeddedPostgres]:
    """The embedded server, or with `--postgres-15` that one; it does not outlive pytest, however that ends."""
    binaries = _postgres_15_binaries() if request.config.getoption("--postgres-15") else None
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False, binaries=binaries)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory) -> Iterator[ApacheKafka]:
    """Apache Kafka, which does not outlive pytest; without Java these tests are skipped."""
    server = ApacheKafka(
        tmp_path_factory.mktemp("kafka"),
        port=free_port(),
        controller_port=free_port(),
        secure=SecureListener(free_port(), "quaestor", "a-password-of-tests"),
    )
    start_broker(server)
    yield server
    server.stop()


def start_broker(server: ApacheKafka) -> None:
    """Start it, however slow the machine is; without Java the test is skipped."""
    try:
        server.start(timeout_seconds=BROKER_START_SECONDS_MAX)
    except NoBroker as lacking:
        pytest.skip(str(lacking))


@pytest.fixture(scope="session")
async def shared_url(postgres):
    """A database with our schema, which one test after another empties and fills. None may analyze its tables."""
    await prepare_server(superuser_url(postgres))
    await migrate(postgres.url)
    async with pools_are_kept(postgres.url), emptied_over_one_connection(postgres.url):
        yield postgres.url


@pytest.fixture(scope="module")
async def migrated_url(shared_url):
    """The same, empty when the tests of a file begin: what others have left may be damaged, or be too much."""
    await empty_tables_of(shared_url)
    return shared_url


@pytest.fixture(scope="session")
async def migrated_template(postgres):
    """The name of a database with our schema that nobody writes to, to be copied."""
    await prepare_server(superuser_url(postgres))
    async with new_database(postgres) as name:
        await migrate(postgres.url_of(name))
        yield name


@pytest.fixture
async def fresh_url(postgres):
    """The URL of a new database without anything in it."""
    async with new_database(postgres) as name:
        yield postgres.url_of(name)


@pytest.fixture
async def fresh_migrated_url(postgres, migrated_template):
    """The URL of a new database with our schema."""
    async with new_database(postgres, f"TEMPLATE {migrated_template}") as name:
        yield postgres.url_of(name)


@asynccontextmanager
async def new_database(postgres, options=""):
    """A database that is there during the block; answers its name."""
    name = f"test_{new_id().hex}"
    connection = await asyncpg.connect(postgres.url)
    try:
        await connection.execute(f"CREATE DATABASE {name} {options}")
        yield name
        await drop_database(postgres, name)
    finally:
        await connection.close()


@asynccontextmanager
async def _open_database(url):
    await open_database(url, pool_size=20, application_name="quaestor-tests")
    yield url
    await close_coalescer()
    await close_database()


@pytest.fixture
async def database(shared_url):
    """The process's pool on an empty database with our schema; answers its URL."""
    async with _open_database(shared_url) as url:
        await empty_all_tables()
        yield url


@pytest.fixture(scope="module")
async def own_database(postgres, migrated_template):
    """The same for all tests of a file, in a database of their own: what they analyze changes no other test's plans."""
    async with (
        new_database(postgres, f"TEMPLATE {migrated_template}") as name,
        _open_database(postgres.url_of(name)) as url,
    ):
        yield url


@pytest.fixture
async def make_actor(database):
    """Make customers of which there is nothing but their rows; answers an actor with every scope each time."""

    async def make():
        customer_id = new_id()
        await pool().execute(
            "INSERT INTO customers (customer_id, name, created_at) VALUES ($1, 'Example Ltd', now())", customer_id
        )
        await pool().execute("INSERT INTO feeds (customer_id) VALUES ($1)", customer_id)
        return Actor(customer_id, frozenset({"*"}), Via.GRAPHQL, "api_key:test", request_id="request-1")

    return make


def superuser_url(postgres):
    """The URL of the server's database for who may do everything there."""
    return postgres.url.replace("//quaestor@", "//postgres@")


async def drop_database(postgres, name):
    """Drop a database, whoever is in it; only a superuser may send away what vacuums it just then."""
    connection = await asyncpg.connect(superuser_url(postgres))
    try:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()
