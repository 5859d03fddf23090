import pytest

from app.api.graphql.execution import documents
from app.api.graphql.execution.documents import Documents, RefusedDocument
from tests.api.graphql.library import SCHEMA


@pytest.fixture
def kept():
    return Documents(SCHEMA._schema, hide_suggestions=False)


def test_prepares_a_text_once(kept):
    assert kept.prepare("{ book { id } }") is kept.prepare("{ book { id } }")
    assert len(kept) == 1


def test_forgets_the_least_recently_used_beyond_the_count(monkeypatch):
    monkeypatch.setattr(documents, "DOCUMENTS_MAX", 2)
    kept = Documents(SCHEMA._schema, hide_suggestions=False)
    first = kept.prepare("{ a: book { id } }")
    second = kept.prepare("{ b: book { id } }")
    assert kept.prepare("{ a: book { id } }") is first
    kept.prepare("{ c: book { id } }")
    assert len(kept) == 2
    assert kept.prepare("{ a: book { id } }") is first
    assert kept.prepare("{ b: book { id } }") is not second


@pytest.mark.parametrize(("characters_max", "count"), [(36, 2), (35, 1)])
def test_forgets_beyond_the_characters(monkeypatch, characters_max, count):
    monkeypatch.setattr(documents, "DOCUMENTS_CHARACTERS_MAX", characters_max)
    kept = Documents(SCHEMA._schema, hide_suggestions=False)
    for name in "abcdef":
        kept.prepare(f"{{ {name}: book {{ id }} }}")  # 18 characters each.
    assert len(kept) == count


@pytest.mark.thorough
def test_keeps_few_documents_of_who_has_no_key_and_apart(kept):
    of_customer = kept.prepare("{ book { id } }")
    texts = [f"{{ a{number}: __typename }}" for number in range(documents.DOCUMENTS_WITHOUT_KEY_MAX)]
    prepared = [kept.prepare(text, without_key=True) for text in texts]
    assert [kept.prepare(text, without_key=True) for text in texts] == prepared
    assert len(kept) == documents.DOCUMENTS_WITHOUT_KEY_MAX + 1 == 21
    for number in range(documents.DOCUMENTS_MAX):
        kept.prepare(f"{{ b{number}: __typename }}", without_key=True)
    assert len(kept) == 21
    assert kept.prepare("{ book { id } }") is of_customer
    assert kept.prepare(texts[0], without_key=True) is not prepared[0]


@pytest.mark.parametrize(("over", "count"), [(0, 7), (1, 6)])
def test_keeps_little_text_of_who_has_no_key(kept, over, count):
    """Seven documents that have as many characters as are kept, or one more."""
    whole = documents.DOCUMENTS_WITHOUT_KEY_CHARACTERS_MAX
    lengths = [whole // 7] * 6 + [whole - whole // 7 * 6 + over]
    for number, length in enumerate(lengths):
        kept.prepare(f"{{ a{number}: __typename }}".ljust(length), without_key=True)
    assert len(kept) == count


def test_is_not_less_strict_with_who_has_no_key_for_what_a_customer_asked(kept):
    text = "{ book { id } }".ljust(documents.CHARACTERS_WITHOUT_KEY_MAX + 1)
    kept.prepare(text)
    with pytest.raises(RefusedDocument, match="characters"):
        kept.prepare(text, without_key=True)


def test_keeps_nothing_that_it_refuses(kept):
    with pytest.raises(RefusedDocument):
        kept.prepare("{ nothing }")
    assert len(kept) == 0


@pytest.mark.parametrize("text", ['{ find(by: {title: "\\u0000"}) }', '{ find(by: {title: "\\u{00}"}) }', "{ \x00 }"])
def test_refuses_nul(kept, text):
    with pytest.raises(RefusedDocument, match="NUL character"):
        kept.prepare(text)


def test_suggests_fields_unless_told_to_hide_them():
    with pytest.raises(RefusedDocument, match="Did you mean 'book'"):
        Documents(SCHEMA._schema, hide_suggestions=False).prepare("{ bok { id } }")
    with pytest.raises(RefusedDocument) as refused:
        Documents(SCHEMA._schema, hide_suggestions=True).prepare("{ bok { id } }")
    assert str(refused.value) == "Cannot query field 'bok' on type 'Query'."


def test_reports_a_bounded_number_of_errors(kept):
    with pytest.raises(RefusedDocument) as refused:
        kept.prepare("{" + " ".join(f"u{n}" for n in range(100)) + "}")
    assert len(refused.value.errors) == documents.ERRORS_MAX + 1
    assert refused.value.errors[-1].message == "Too many validation errors, error limit reached. Validation aborted."


def test_chooses_the_operation_by_name(kept):
    document = kept.prepare("query a { book { id } } mutation b { lend { __typename } }")
    assert document.operation("a").name == "a"
    assert document.operation("b").type.value == "mutation"
    with pytest.raises(RefusedDocument, match="It has: a, b"):
        document.operation(None)
    with pytest.raises(RefusedDocument, match="no operation 'c'"):
        document.operation("c")


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("{ __typename }", True),
        ('{ __schema { types { name } } ... { __type(name: "Book") { name } } }', True),
        ("{ ...F } fragment F on Query { __typename }", True),
        ("{ ...F } fragment F on Query { __typename book { id } }", False),
        ("{ __typename book { id } }", False),
        ("mutation { __typename }", False),
        ("subscription { __typename counts(to: 1) }", None),
    ],
)
def test_knows_what_only_introspects(kept, text, only):
    if only is None:
        with pytest.raises(RefusedDocument):
            kept.prepare(text)
    else:
        assert kept.prepare(text).operation(None).introspects_only is only
