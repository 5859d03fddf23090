"""How many processes `quaestor dev` starts, and how."""

import pytest

from app.cli import dev_processes
from app.cli.dev_processes import OF_POSTINGS, Counts, OwnProcesses, connections_of, counts_for_this_machine
from app.db.connection import BY_KEY_CONNECTIONS_MAX
from app.settings import Settings
from app.siblings import ready_file


def processes(folder, **options):
    counts = options.pop("counts", Counts(1, 1))
    own = OwnProcesses(address="http://127.0.0.1:8000", environment={"A": "b"}, folder=folder, counts=counts, **options)
    return own.processes()


def test_lets_api_and_worker_load_before_dev_is_ready(tmp_path):
    started = [(process.name, process.arguments[-2:]) for process in processes(tmp_path)]
    assert started == [("api", ("serve", "--after-dev")), ("worker", ("worker", "--after-dev"))]
    assert [process.environment for process in processes(tmp_path)] == [{"A": "b"}] * 2


def test_numbers_several_and_lets_them_share_the_port(tmp_path):
    started = processes(tmp_path / "several", counts=Counts(2, 3), with_kafka=True)
    assert [process.name for process in started] == [
        *("api-1", "api-2", "worker-1", "worker-2", "worker-3", "kafka"),
    ]
    assert started[1].arguments[-3:] == ("serve", "--reuse-port", "--after-dev")
    assert started[1].environment == {
        "A": "b",
        "QUAESTOR_SIBLING_NUMBER": "2",
        "QUAESTOR_SIBLING_FOLDER": str(tmp_path / "several" / "api"),
    }


def test_one_of_several_is_ready_when_it_says_so_itself(tmp_path):
    _, worker = processes(tmp_path / "several", counts=Counts(1, 2))[1:]
    assert not worker.accepts(7)
    ready_file(worker.sibling).write_text("7", encoding="ascii")
    assert worker.accepts(7)
    assert not worker.accepts(8)  # The one that followed it is not.
    worker.clean_up()
    assert not worker.accepts(7)


@pytest.mark.parametrize(
    ("cores", "api", "workers"),
    [(1, 1, 1), (2, 1, 1), (3, 1, 1), (4, 1, 1), (5, 2, 1), (8, 4, 2), (14, 8, 4), (128, 8, 4)],
)
def test_leaves_two_cores_to_the_database(monkeypatch, cores, api, workers):
    monkeypatch.setattr(dev_processes, "_cores", lambda: cores)
    assert counts_for_this_machine() == (api, workers)


def test_counts_the_connections_of_postings():
    assert OF_POSTINGS == BY_KEY_CONNECTIONS_MAX


def test_the_embedded_database_allows_the_connections_of_all():
    settings = Settings(DATABASE_POOL_SIZE=10)
    assert connections_of(Counts(1, 1), settings) == 90
    assert connections_of(Counts(64, 4), settings) == 1_080
    with_kafka = Settings(DATABASE_POOL_SIZE=1000, QUAESTOR_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9092")
    assert connections_of(Counts(1, 1), with_kafka) == 3_075
