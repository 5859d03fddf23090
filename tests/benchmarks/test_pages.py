"""Pages beside PostGraphile: what counts as the same answer, and what the table says."""

import sys
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from benchmarks import pages, peers
from benchmarks.load import Seen
from benchmarks.pages import SHAPES, Figure, Side, check_answers_alike, table

ROOT = Path(__file__).parents[2]


def answer(**changed):
    node = {
        "id": "a",
        "createdAt": "2026-12-01T09:00:00.5Z",
        "updatedAt": "2026-12-01T09:00:00Z",
        "primaryUses": ["PAYMENTS"],
        "holder": {"id": "h", "name": "Ann", "status": "OK"},
    }
    return {"nodes": [node | {"id": str(number)} | changed for number in range(100)]}


def test_takes_instants_for_the_same_however_they_are_written():
    check_answers_alike(answer(), answer(createdAt="2026-12-01T10:00:00.500000+01:00"))


@pytest.mark.parametrize(
    "other",
    [
        answer(createdAt="2026-12-01T09:00:00.6Z"),
        answer(primaryUses=[]),
        answer(holder=None),
        {"nodes": answer()["nodes"][::-1]},
        {"nodes": answer()["nodes"][:99]},
    ],
    ids=["another instant", "another list", "no holder", "another order", "one too few"],
)
def test_refuses_to_compare_different_answers(other):
    with pytest.raises(AssertionError):
        check_answers_alike(answer(), other)


def test_compares_whether_there_is_more():
    whole = answer() | {"pageInfo": {"hasNextPage": True, "endCursor": "c"}}
    check_answers_alike(whole, answer() | {"pageInfo": {"hasNextPage": True, "endCursor": "d"}})
    with pytest.raises(AssertionError):
        check_answers_alike(whole, answer() | {"pageInfo": {"hasNextPage": False, "endCursor": "d"}})


def test_shows_medians_and_the_ratio_to_the_first_side():
    def side(name, *cpu_ms):
        figures = [Figure(Seen(100 * one, 10 * one, 0, 0, 1, 0), one, 2 * one) for one in cpu_ms]
        return Side(name, "", None, "", {}, {"a page": figures})

    assert list(table([side("one", 1.0, 9.0, 2.0), side("two", 0.5, 0.5, 3.0)]))[2:] == [
        "| a page | one | 2.00 | 4.00 | 20.0 | 200 | 1.00 |",
        "| a page | two | 0.50 | 1.00 | 5.0 | 50 | 0.25 |",
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_asks_quaestor_what_its_schema_has(shape):
    schema = build_schema((ROOT / "schema.graphql").read_text("utf-8"))
    assert validate(schema, parse(pages.quaestor_query(shape))) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_asks_both_for_the_same_fields(shape):
    names = [_names(parse(query)) for query in (pages.quaestor_query(shape), pages.postgraphile_query("c", shape))]
    assert names[0] == names[1]
    assert len(names[0]["ledgers"]["nodes"]) == 15 + 1


def _names(document):
    def below(selection):
        return {
            (one.alias or one.name).value: below(one.selection_set) if one.selection_set else {}
            for one in selection.selections
        }

    return below(document.definitions[0].selection_set)


def test_says_how_postgraphile_is_installed(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["peers", "postgraphile"])
    assert peers.main() == 2
    assert "npm ci --prefix benchmarks/postgraphile" in capsys.readouterr().out
