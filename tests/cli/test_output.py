import json

from app.cli.output import print_data, print_rows

ROWS = [{"id": 1, "scopes": ["a:read", "b:write"], "hidden": 9}, {"id": 22, "scopes": None, "hidden": 9}]


def test_prints_text_for_people_and_json_for_scripts(capsys):
    print_data({"id": 1}, "made 1", as_json=False)
    print_data({"id": 1}, "made 1", as_json=True)
    assert capsys.readouterr().out == 'made 1\n{"id":1}\n'


def test_prints_rows_as_a_table(capsys):
    print_rows(ROWS, ("id", "scopes"), as_json=False, if_none="none")
    assert capsys.readouterr().out.splitlines() == ["id  scopes", "1   a:read, b:write", "22  -"]


def test_prints_rows_as_json_with_every_field(capsys):
    print_rows(ROWS, ("id",), as_json=True, if_none="none")
    assert json.loads(capsys.readouterr().out) == ROWS


def test_says_that_there_are_none(capsys):
    print_rows([], ("id",), as_json=False, if_none="There are none.")
    print_rows([], ("id",), as_json=True, if_none="There are none.")
    assert capsys.readouterr().out == "There are none.\n[]\n"
