from app.kernel.unset import UNSET, UnsetType


def test_is_neither_none_nor_false_and_only_itself():
    assert UNSET is UnsetType.UNSET
    assert UNSET is not None
    assert list(UnsetType) == [UNSET]
    assert repr(UNSET) == "UNSET"
