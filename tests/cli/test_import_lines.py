import json

import pytest

from app.cli import import_lines
from app.cli.exits import WrongUsage
from app.cli.import_lines import Columns, Fault, read_lines
from app.kernel.errors import Refused

COLUMNS = Columns(
    {"name": "text", "address.city": "text", "uses": "list", "wallets.#.places": "number", "wallets.#.open": "flag"}
)


@pytest.fixture
def lines_of(tmp_path):
    def read(text, ending=".jsonl"):
        path = tmp_path / f"file{ending}"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return list(read_lines(path, COLUMNS))

    return read


def test_reads_json_line_by_line_and_skips_empty_ones(lines_of):
    read = lines_of('{"name": "Ada"}\n\n   \n{"name": "Bo", "n": 1.5}')
    assert [(line.number, line.value) for line in read] == [(1, {"name": "Ada"}), (4, {"name": "Bo", "n": 1.5})]


def test_names_a_line_by_its_content_wherever_it_stands(lines_of):
    first, again, other = (line.digest for line in lines_of('{"a": 1, "b": 2}\n{"b": 2, "a": 1}\n{"a": 2}\n'))
    assert first == again != other
    assert [line.digest for line in lines_of('{"a": 2}\n{"a": 1, "b": 2}\n')] == [other, first]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "It is not JSON: "),
        ("[]", "It is not a JSON object"),
        ('"name"', "It is not a JSON object"),
        ('{"a": 1, "a": 2}', "It is not JSON: 'a' stands twice in one object"),
        ('{"a": {"b": 1, "b": 2}}', "It is not JSON: 'b' stands twice in one object"),
        ('{"a": NaN}', "It is not JSON: NaN is no number of JSON"),
        ('{"a": 0.12345678901234567890}', "It is not JSON: the number 0.12345678901234567890 has more digits"),
        ('{"reference": "s\\ud800"}', "It has a NUL character or a lone surrogate"),
        ('{"s\\udfff": 1}', "It has a NUL character or a lone surrogate"),
        ('{"a": [{"b": "\\u0000"}]}', "It has a NUL character or a lone surrogate"),
        ('{"a": "' + "x" * 200 + '"}', "It has more than 100 characters."),
    ],
)
def test_says_what_is_wrong_with_a_line_and_reads_on(lines_of, monkeypatch, text, fault):
    monkeypatch.setattr(import_lines, "LINE_CHARACTERS_MAX", 100)
    bad, good = lines_of(f'{text}\n{{"name": "Ada"}}\n')
    assert (bad.number, bad.value, bad.fault.code) == (1, {}, "UNREADABLE")
    assert bad.fault.message.startswith(fault)
    assert (good.number, good.value, good.fault) == (2, {"name": "Ada"}, None)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"a": ' + "[" * 50 + "]" * 50 + "}", "It is nested more than 50 deep."),
        ('{"a": ' + "9" * 301 + "}", "It is not JSON: a number of 301 digits is too long: write it as a text"),
    ],
)
def test_reads_nothing_that_could_not_be_written_again(lines_of, text, fault):
    bad, good = lines_of(f'{text}\n{{"name": "Ada"}}\n')
    assert bad.fault.message.startswith(fault)
    assert good.fault is None


def test_reads_csv_with_nested_columns_lists_numbers_and_flags(lines_of):
    text = (
        "name,address.city,uses,wallets.0.places,wallets.1.places,wallets.1.open,metadata.crm\n"
        '"Ada, B.",London,PAYMENTS|FEES,2,18,true,C-1\n'
        "Bo,,,,,,\n"
    )
    first, second = lines_of(text, ".csv")
    assert first.value == {
        "name": "Ada, B.",
        "address": {"city": "London"},
        "uses": ["PAYMENTS", "FEES"],
        "wallets": [{"places": 2}, {"places": 18, "open": True}],
        "metadata": {"crm": "C-1"},
    }
    assert second.value == {"name": "Bo"}


def test_reads_csv_as_spreadsheets_write_it(lines_of):
    [line] = lines_of(b'\xef\xbb\xbfname,address.city\r\nZo\xc3\xab,"Two\r\nlines"\r\n', ".csv")
    assert line.value == {"name": "Zoë", "address": {"city": "Two\r\nlines"}}


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("Ada,many,true", "Column wallets.0.places: 'many' is not a whole number"),
        ("Ada,2,yes", "Column wallets.0.open: 'yes' is neither true nor false"),
        ("Ada,2", "It has 2 cells; the header has 3."),
    ],
)
def test_says_what_is_wrong_with_a_row_and_reads_on(lines_of, row, fault):
    bad, good = lines_of(f"name,wallets.0.places,wallets.0.open\n{row}\nBo,2,false\n", ".csv")
    assert (bad.number, bad.fault) == (2, Fault("UNREADABLE", fault))
    assert good.value == {"name": "Bo", "wallets": [{"places": 2, "open": False}]}


@pytest.mark.parametrize(
    ("text", "ending", "refusal", "said"),
    [
        ("", ".csv", Refused, "It has no header"),
        (
            "name,nmae\n",
            ".csv",
            Refused,
            "There is no column 'nmae'. There are: address.city, name, uses",
        ),
        ("name,metadata.\n", ".csv", Refused, "There is no column 'metadata.'"),
        ("name,name\n", ".csv", Refused, "The column 'name' is there twice"),
        ('name\n"Ada"x\n', ".csv", Refused, "is not CSV"),
        (b"\xff\xfe", ".jsonl", Refused, "cannot be read"),
        ("{}", ".json", WrongUsage, "is neither .jsonl nor .csv"),
    ],
)
def test_refuses_a_file_that_it_cannot_read(lines_of, text, ending, refusal, said):
    with pytest.raises(refusal) as caught:
        lines_of(text, ending)
    assert said in str(caught.value)


def test_reads_no_more_of_a_file_than_it_needs(tmp_path):
    path = tmp_path / "large.jsonl"
    with path.open("w") as file:
        file.writelines(json.dumps({"name": str(number)}) + "\n" for number in range(10_000))
    lines = read_lines(path, COLUMNS)
    assert next(lines).value == {"name": "0"}
    lines.close()
