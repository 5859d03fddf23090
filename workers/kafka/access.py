"""The arguments with which aiokafka's clients reach the brokers: addresses, TLS, passwords."""

import ssl
from typing import Any

from app.settings import Settings, WrongSetting

CLIENT = "quaestor"
REQUEST_TIMEOUT_MS = 10_000


def access_of(settings: Settings) -> dict[str, Any]:
    """The arguments for each aiokafka client.

    :raises WrongSetting: a file cannot be read, or a setting is missing that another setting requires.
    """
    protocol = settings.kafka_security_protocol
    given: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers,
        "client_id": CLIENT,
        "security_protocol": protocol,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
    }
    if protocol.endswith("SSL"):
        given["ssl_context"] = _tls(settings)
    elif settings.kafka_ca_file or settings.kafka_certificate_file:
        raise WrongSetting(
            f"QUAESTOR_KAFKA_SECURITY_PROTOCOL is {protocol}, which uses no certificates: set it to SSL or SASL_SSL, "
            "or leave QUAESTOR_KAFKA_CA_FILE and QUAESTOR_KAFKA_CERTIFICATE_FILE out."
        )
    if protocol.startswith("SASL"):
        given |= _password(settings)
    elif settings.kafka_sasl_username or settings.kafka_sasl_password:
        raise WrongSetting(
            f"QUAESTOR_KAFKA_SECURITY_PROTOCOL is {protocol}, which sends no password: set it to SASL_SSL, or leave "
            "QUAESTOR_KAFKA_SASL_USERNAME and QUAESTOR_KAFKA_SASL_PASSWORD out."
        )
    return given


def _password(settings: Settings) -> dict[str, Any]:
    if not settings.kafka_sasl_username or not settings.kafka_sasl_password:
        raise WrongSetting(
            f"QUAESTOR_KAFKA_SECURITY_PROTOCOL is {settings.kafka_security_protocol}: set QUAESTOR_KAFKA_SASL_USERNAME "
            "and QUAESTOR_KAFKA_SASL_PASSWORD too."
        )
    return {
        "sasl_mechanism": settings.kafka_sasl_mechanism,
        "sasl_plain_username": settings.kafka_sasl_username,
        "sasl_plain_password": settings.kafka_sasl_password,
    }


def _tls(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca_file)
    except (OSError, ssl.SSLError) as problem:
        raise WrongSetting(_unreadable("QUAESTOR_KAFKA_CA_FILE", settings.kafka_ca_file, problem)) from problem
    if settings.kafka_certificate_file is not None:
        password = settings.kafka_key_password
        try:
            # Without a password OpenSSL would ask for it on the terminal.
            context.load_cert_chain(settings.kafka_certificate_file, settings.kafka_key_file, lambda: password or "")
        except (OSError, ssl.SSLError) as problem:
            name = "QUAESTOR_KAFKA_CERTIFICATE_FILE"
            raise WrongSetting(_unreadable(name, settings.kafka_certificate_file, problem)) from problem
    return context


def _unreadable(name: str, value: object, problem: Exception) -> str:
    return f"{name} is {value}, which cannot be used: {problem}. It must be a PEM file (with a key that fits)."
