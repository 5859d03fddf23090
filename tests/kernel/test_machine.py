from enum import StrEnum

import pytest

from app.kernel.machine import Machine


class Light(StrEnum):
    RED = "RED"
    GREEN = "GREEN"
    BROKEN_DOWN = "BROKEN_DOWN"


LIGHT = Machine(
    "lamp.traffic_light",
    {Light.RED: [Light.GREEN], Light.GREEN: [Light.RED, Light.BROKEN_DOWN]},
)
ALLOWED = {("RED", "GREEN"), ("GREEN", "RED"), ("GREEN", "BROKEN_DOWN")}


def test_is_named_for_its_resource_and_column():
    assert (LIGHT.name, LIGHT.resource_type, LIGHT.column) == ("lamp.traffic_light", "lamp", "traffic_light")


@pytest.mark.parametrize("source", Light)
@pytest.mark.parametrize("target", Light)
def test_allows_what_is_in_its_table(source, target):
    assert LIGHT.allows(source, target) is ((source.value, target.value) in ALLOWED)


def test_knows_all_statuses_also_those_without_moves():
    assert LIGHT.statuses() == [Light.RED, Light.GREEN, Light.BROKEN_DOWN]
    assert [status for status in Light if LIGHT.is_final(status)] == [Light.BROKEN_DOWN]


def test_names_the_event_of_arriving():
    assert LIGHT.event_type(Light.BROKEN_DOWN) == "lamp.traffic_light.broken_down"


def test_draws_itself():
    assert LIGHT.mermaid() == (
        "stateDiagram-v2\n"
        "    [*] --> RED\n"
        "    RED --> GREEN\n"
        "    GREEN --> RED\n"
        "    GREEN --> BROKEN_DOWN\n"
        "    BROKEN_DOWN --> [*]"
    )
