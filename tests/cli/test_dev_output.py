from dataclasses import replace

from app.cli.dev_output import Page, Ready, show_panel

READY = Ready(
    address="http://127.0.0.1:8000",
    key_file=".quaestor/api-key",
    api_key="qk_1",
    graphiql=Page("GraphiQL", "http://127.0.0.1:8000/", "http://127.0.0.1:8000/#token=t1", "login"),
    console=Page(
        "Console",
        "http://127.0.0.1:8000/console/",
        "http://127.0.0.1:8000/console/#token=t2",
        "login --console",
    ),
)


def shown(capsys, ready, *, in_private) -> list[str]:
    show_panel(ready, in_private=in_private)
    return capsys.readouterr().out.splitlines()[3:-1]


def test_tells_secrets_in_private(capsys):
    assert shown(capsys, READY, in_private=True) == [
        "GraphiQL   http://127.0.0.1:8000/#token=t1",
        "           opens it signed in, once; `quaestor login` prints another",
        "Console    http://127.0.0.1:8000/console/#token=t2",
        "           opens it signed in, once; `quaestor login --console` prints another",
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
        "Console    http://127.0.0.1:8000/console/",
        "           `quaestor login --console` prints an address that opens it signed in",
        "API        http://127.0.0.1:8000/graphql",
        "API key    in .quaestor/api-key",
        "Try        open GraphiQL and run its tabs from the left, or `quaestor demo`",
        "Stop       Ctrl-C",
    ]


def test_says_so_where_there_is_no_key(capsys):
    pages = {
        name: replace(page, sign_in=None) for name, page in (("graphiql", READY.graphiql), ("console", READY.console))
    }
    lines = shown(capsys, replace(READY, api_key=None, **pages), in_private=True)
    assert lines[:2] == ["GraphiQL   http://127.0.0.1:8000/", "Console    http://127.0.0.1:8000/console/"]
    assert lines[3:5] == [
        "API key    none here: `quaestor customers create NAME` makes a customer with its first one,",
        "           `quaestor keys create --customer ID` makes another",
    ]


def test_tells_nothing_of_a_page_that_is_off(capsys):
    lines = shown(capsys, replace(READY, graphiql=None, console=None), in_private=True)
    assert lines[0] == "API        http://127.0.0.1:8000/graphql"
    assert [line for line in lines if "GraphiQL" in line or "Console" in line] == []


def test_names_the_commands_as_this_terminal_can_call_them(capsys):
    ready = replace(READY, program=".venv/bin/quaestor", folder_option=" --data-dir /tmp/try")
    lines = shown(capsys, ready, in_private=False)
    assert [line for line in lines if "quaestor" in line and "api-key" not in line] == [
        "           `.venv/bin/quaestor login --data-dir /tmp/try` prints an address that opens it signed in",
        "           `.venv/bin/quaestor login --console --data-dir /tmp/try` prints an address that opens it signed in",
        "Try        open GraphiQL and run its tabs from the left, or `.venv/bin/quaestor demo --data-dir /tmp/try`",
    ]
