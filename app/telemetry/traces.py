"""Traces of a process, if its settings ask for them. Without, nothing of OpenTelemetry is even loaded."""

from app.kernel.part import Part
from app.settings import Settings, WrongSetting


class NoTraces(Part):
    """Records nothing."""


def traces_of(settings: Settings, service: str) -> Part:
    """The part that records and sends the traces of this process, which is named `service` in them.

    :raises WrongSetting: they are asked for, and the extra is not installed, or where to send them is no address.
    """
    if not settings.telemetry:
        return NoTraces()
    try:
        from app.telemetry.export import Traces  # noqa: PLC0415 - an extra, which few have
    except ImportError as lacking:
        raise WrongSetting(
            "QUAESTOR_TELEMETRY is true, but what it needs is not installed: install the extra `telemetry`, as "
            f"`pip install 'quaestor[telemetry]'`, or leave the variable out. ({lacking})"
        ) from lacking
    return Traces(settings, service)
