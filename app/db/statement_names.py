"""What a statement is called in a trace: what it does to which tables. Never its text, which might hold a value."""

import functools
import re

CHARACTERS_MAX = 200
KEPT_MAX = 1_024

_COMMENTS = re.compile(r"--[^\n]*")
_PARTS = re.compile(r"\b([a-z_]+) AS (?:NOT )?(?:MATERIALIZED )?\(")
_WRITES = re.compile(r'\b(INSERT INTO|UPDATE|DELETE FROM)\s+"?([a-z_]+)\b')
_READS = re.compile(r'\b(?:FROM|JOIN)\s+(?:ONLY\s+)?"?([a-z_]+)\b(?!\s*\()')
_FIRST_WORD = re.compile(r"\s*([A-Za-z]+)")


@functools.lru_cache(maxsize=KEPT_MAX)
def statement_name(sql: str) -> str:
    """`INSERT transfers INSERT events`, or what is read where nothing is written, or `COMMIT`."""
    text = _COMMENTS.sub("", sql)
    parts = frozenset(_PARTS.findall(text))
    writes = [f"{verb.split(' ')[0]} {table}" for verb, table in _WRITES.findall(text)]
    if writes:
        return " ".join(dict.fromkeys(writes))[:CHARACTERS_MAX]
    tables = [table for table in _READS.findall(text) if table not in parts]
    first = _FIRST_WORD.match(text)
    verb = "SELECT" if tables else first[1].upper() if first else "SQL"
    return " ".join([verb, *dict.fromkeys(tables)])[:CHARACTERS_MAX]
