"""The code samples of the two documents that the product serves verbatim, and how they are mended so that they run.

`MENDINGS` lists all that is changed; nothing else is.
"""

import json
import re
import shlex
from pathlib import Path

FOLDER = Path(__file__).parent
LEDGERS = (FOLDER / "creating-ledgers.md").read_text(encoding="utf-8")
ACCOUNTS = (FOLDER / "automating-account-and-wallet-creation.md").read_text(encoding="utf-8")

MENDINGS = {
    "https://playlive.railsbank.com": "the address of the server",
    "https://ledger.example.com": "the address of the server",
    "<<yourAPI-Key>>": "the key of a customer",
    "<API_KEY>": "the key of a customer",
    "{{LEDGER_ID}}": "the id of a ledger",
    "indentation": "what stands below `if` and `else` is indented again",
    "headings": "what is glued to the last line of a sample is cut off",
    "curl": "the shell samples are options of curl, whose name they lack, and the body is its `--data`",
    "sending": "the use cases are bodies alone: they are sent as the samples above them send theirs",
    "customer": "each sample runs for a customer of its own",
}

_REQUEST = re.compile(r"^ *--request ", re.MULTILINE)
_BLOCK = re.compile(r"^```shell\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shell_samples():
    """The requests of the ledgers' document, as arguments of curl before anything is put in: options, then the body."""
    found = {}
    for block in _BLOCK.findall(LEDGERS):
        if not _REQUEST.search(block):
            continue
        options, brace, body = block.partition("{\n")
        arguments = [word for line in options.splitlines() for word in shlex.split(line)]
        method, url = arguments[1], arguments[2]
        found[method, url.partition("railsbank.com")[2]] = [*arguments, *(["--data", brace + body] if body else [])]
    return found


def responses():
    """The bodies of the answers that the ledgers' document prints, in its order."""
    blocks = [block for block in _BLOCK.findall(LEDGERS) if block.lstrip().startswith("{")]
    return [json.loads(block) for block in blocks]


def python_sample(begins, ends, *, after=""):
    """A sample of the accounts' document from a line that begins so to the one that has this, the rest of it cut off.

    Where `after` is given, the first one that follows that text.
    """
    _, _, text = ACCOUNTS.partition(after) if after else ("", "", ACCOUNTS)
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(begins))
    last = next(number for number, line in enumerate(lines) if number >= first and ends in line)
    whole = lines[first : last + 1]
    whole[-1] = whole[-1][: whole[-1].index(ends) + len(ends)]
    return indented(whole)


def indented(lines):
    """Code whose blocks have one line each, with the indentation that was lost."""
    mended, is_block = [], False
    for line in lines:
        mended.append(f"    {line}" if is_block else line)
        is_block = line.endswith(":") and not line.startswith('"')
    return "\n".join(mended) + "\n"


def mended(text, url, key, ledger_id=""):
    """The text with server, key and ledger put in."""
    for placeholder, value in (
        ("https://playlive.railsbank.com", url),
        ("https://ledger.example.com", url),
        ("<<yourAPI-Key>>", key),
        ("<API_KEY>", key),
        ("{{LEDGER_ID}}", ledger_id),
    ):
        text = text.replace(placeholder, value)
    return text


ENDS = 'response.json()}")'
CREATE_ACCOUNT = python_sample("import requests", ENDS, after="Use the /api/v1/account/ endpoint")
ADD_WALLET = python_sample("url = ", ENDS, after="Use the /api/v1/wallet/ endpoint")
MULTI_CURRENCY = python_sample("wallet_payload = [", "]", after="2. Multi-Currency Support")
CHART_ACCOUNT = python_sample("account_payload = {", '"decimal_places": 2', after="3. Operational Account") + "}\n"
SEND = 'response = requests.post("https://ledger.example.com/api/v1/{noun}/", json={noun}_payload, headers=headers)\n'
SEND_ACCOUNT, SEND_WALLET = SEND.format(noun="account"), SEND.format(noun="wallet")
SAY = "print(response.status_code)\n"
