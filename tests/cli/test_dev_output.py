from dataclasses import replace

from app.cli.dev_output import Ready, show_panel

READY = Ready(
    address="http://127.0.0.1:8000",
    key_file=".quaestor/api-key",
    api_key="qk_1",
    sign_in="http://127.0.0.1:8000/#token=t1",
    has_page=True,
)


def shown(capsys, ready, *, in_private) -> list[str]:
    show_panel(ready, in_private=in_private)
    return capsys.readouterr().out.splitlines()[3:-1]


def test_tells_secrets_in_private(capsys):
    assert shown(capsys, READY, in_private=True) == [
        "GraphiQL   http://127.0.0.1:8000/#token=t1",
        "           opens it signed in, once; `quaestor login` prints another",
        "API        http://127.0.0.1:8000/graphql",
        "API key    qk_1",
        "           also in .quaestor/api-key",
        "Try        open GraphiQL and run its tabs from the left, or `quaestor demo`",
        "Stop       Ctrl-C",
    ]


def test_tells_a_log_where_the_secrets_are(capsys):
    assert shown(capsys, READY, in_private=False) == [
        "GraphiQL   http://127.0.0.1:8000/",
        "           `quaestor login` prints an address that opens it signed in",
        "API        http://127.0.0.1:8000/graphql",
        "API key    in .quaestor/api-key",
        "Try        open GraphiQL and run its tabs from the left, or `quaestor demo`",
        "Stop       Ctrl-C",
    ]


def test_says_so_where_there_is_no_key(capsys):
    lines = shown(capsys, replace(READY, api_key=None, sign_in=None), in_private=True)
    assert lines[0] == "GraphiQL   http://127.0.0.1:8000/"
    assert lines[2:4] == [
        "API key    none here: `quaestor customers create NAME` makes a customer with its first one,",
        "           `quaestor keys create --customer ID` makes another",
    ]


def test_tells_nothing_of_a_page_that_is_off(capsys):
    lines = shown(capsys, replace(READY, sign_in=None, has_page=False), in_private=True)
    assert lines[0] == "API        http://127.0.0.1:8000/graphql"
    assert [line for line in lines if "GraphiQL" in line] == []
