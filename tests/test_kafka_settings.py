"""The settings of Kafka, as they are read from the environment."""

import pytest

from app.db.identifiers import new_id
from app.kafka_settings import TopicPair
from app.settings import WrongSetting, load_settings

CUSTOMER = new_id()


def test_has_the_guides_topics_and_no_broker():
    settings = load_settings()
    assert settings.kafka_bootstrap_servers is None
    [pair] = settings.kafka_topics
    assert pair == TopicPair("ledger.account.creation", "ledger.account.responses", "ledger.account.creation.dlq")
    assert str(pair) == "ledger.account.creation:ledger.account.responses"


def test_reads_pairs_of_several_customers(monkeypatch):
    monkeypatch.setenv("QUAESTOR_KAFKA_TOPICS", f"in:out, {CUSTOMER}=their.in:their.out:their.lost")
    first, second = load_settings().kafka_topics
    assert first == TopicPair("in", "out", "in.dlq")
    assert second == TopicPair("their.in", "their.out", "their.lost", CUSTOMER)
    assert str(second) == f"{CUSTOMER}=their.in:their.out:their.lost"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("TOPICS", "in", "is not written [customer id=]commands:answers[:dead letters]"),
        ("TOPICS", "in:out:lost:more", "is not written"),
        ("TOPICS", "me=in:out", "badly formed hexadecimal UUID string"),
        ("TOPICS", "in:o ut", "'o ut' is no name of a topic"),
        ("TOPICS", "in:in", "names one topic twice"),
        ("TOPICS", "in:out,in:other", "a topic is named twice"),
        ("TOPICS", "in:out,out:other", "a topic is named twice"),
        ("TOPICS", "", "no topics are named"),
        ("BOOTSTRAP_SERVERS", "kafka 9092", "it must be written host:9092,host:9092, without spaces"),
        ("BATCH_SIZE_MAX", "501", "it must be at most 500"),
        ("SECURITY_PROTOCOL", "TLS", "'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL'"),
        ("SASL_MECHANISM", "GSSAPI", "'PLAIN', 'SCRAM-SHA-256' or 'SCRAM-SHA-512'"),
    ],
)
def test_says_of_a_wrong_one_what_it_may_be(monkeypatch, name, value, says):
    monkeypatch.setenv(f"QUAESTOR_KAFKA_{name}", value)
    with pytest.raises(WrongSetting) as wrong:
        load_settings()
    assert str(wrong.value).startswith(f"QUAESTOR_KAFKA_{name} is {value!r}: ")
    assert says in str(wrong.value)


def test_reads_a_password_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "password").write_text("secret\n")
    monkeypatch.setenv("QUAESTOR_KAFKA_SASL_PASSWORD_FILE", str(tmp_path / "password"))
    assert load_settings().kafka_sasl_password == "secret"
