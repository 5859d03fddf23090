import pytest

from app.kernel.magic_values import magic_values


@pytest.mark.parametrize(
    ("metadata", "values"),
    [
        ({}, set()),
        ({"simulate": "slow"}, {"slow"}),
        ({"simulate": ["slow", "decline"], "foo": "bar"}, {"slow", "decline"}),
        ({"simulate": ["slow", 7, None, ["decline"], {"decline": 1}]}, {"slow"}),
        ({"simulate": {"slow": True}}, set()),
        ({"simulate": None}, set()),
        ({"Simulate": "slow"}, set()),
    ],
)
def test_reads_what_metadata_asks_for_and_ignores_the_rest(metadata, values):
    assert magic_values(metadata) == values
