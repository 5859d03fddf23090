from datetime import UTC, datetime

import pytest

from app.api.encoding import encode_json
from app.kernel.clock import rfc3339

INSTANT = datetime(2026, 11, 20, 12, 0, 0, 120000, tzinfo=UTC)
LARGE = 2**70


@pytest.mark.parametrize(
    "instant", [INSTANT, INSTANT.replace(year=1, microsecond=1), INSTANT.replace(microsecond=999999)]
)
def test_writes_instants_as_everywhere_else(instant):
    assert encode_json({"at": instant}) == f'{{"at":"{rfc3339(instant)}"}}'.encode()
    assert encode_json({"at": instant, "n": LARGE}) == f'{{"at":"{rfc3339(instant)}","n":{LARGE}}}'.encode()


def test_writes_integers_of_any_size():
    assert encode_json([LARGE, -LARGE, 1]) == f"[{LARGE},{-LARGE},1]".encode()
