"""What spreadsheets make of a cell's text, and what is put around it against that: taken off, put on, taken off again.

A cell that a spreadsheet would compute is *defused* for CSV that people open: it gets an apostrophe in front. So does
one that begins as if something had been put around it already, or an import could not tell the two apart. `unwrapped`
gives back exactly the text that was defused.
"""

from __future__ import annotations

from crmctl.sql import SQL, sql

# ="001" keeps a spreadsheet from reading a number; so do an apostrophe and a tab in front.
_FORMULA_TEXT = r'^\s*="((?:[^"]|"")*)"\s*$'
_APOSTROPHE = r"^[\t ]*'[\d+][\d+ .()/-]*[\t ]*$"
_TABS = r"^\t*[0-9A-Za-z_.+:/ -]*\d[0-9A-Za-z_.+:/ -]*\t*$"
# What a spreadsheet computes or might: also behind blanks, with full-width signs, and a control character in front.
_FORMULA = r"^'*(?:[\t\n\r\x00]|[ \x{FEFF}]*[=+\-@＝＋－＠])"
# Signed numbers, phone numbers with a country code, and dashes that stand for nothing.
_HARMLESS = r"^ *(?:[+-][$€£¥￥]?(?:\d[\d.,]*|\.\d+)(?:[eE][+-]?\d+)?%?|\+\(?\d(?:[ .()/-]{0,3}\d){6,14}\)?|-+) *$"


def _where_suspect(cell: SQL, found: SQL) -> SQL:
    """True where ``found`` is, which is looked at only behind a first character that makes it possible.

    Code points are compared much faster than patterns are matched, and `and` would match all the same.
    """
    return sql(
        "(case when unicode({c}) not between 65 and 65278 and unicode({c}) not between 48 and 60 then {found}"
        " else false end)",
        c=cell, found=found,
    )  # fmt: skip


def is_wrapped(cell: SQL) -> SQL:
    """True where users of spreadsheets have put something around a text to keep it one."""
    return sql("(case when suffix({c}, chr(9)) then {w} else {s} end)", c=cell, w=_wrapped(cell),
               s=_where_suspect(cell, _wrapped(cell)))  # fmt: skip


def is_dangerous(cell: SQL) -> SQL:
    """True where a cell is to be defused."""
    return _where_suspect(
        cell,
        sql(
            "(case when regexp_matches({c}, {harmless}) then false else regexp_matches({c}, {formula}) or {wrapped}"
            " end)",
            c=cell, formula=_FORMULA, harmless=_HARMLESS, wrapped=_wrapped(cell),
        ),
    )  # fmt: skip


def _wrapped(cell: SQL) -> SQL:
    return sql(
        "(regexp_matches({c}, {formula}) or regexp_matches({c}, {apostrophe})"
        " or (contains({c}, chr(9)) and regexp_matches({c}, {tabs})))",
        c=cell, formula=_FORMULA_TEXT, apostrophe=_APOSTROPHE, tabs=_TABS,
    )  # fmt: skip


def is_defused(cell: SQL) -> SQL:
    """True where a cell is what `defused` makes of another."""
    return sql("(case when unicode({c}) = 39 then {danger} else false end)", c=cell, danger=is_dangerous(_rest(cell)))


def defused(cell: SQL) -> SQL:
    """The text of a cell as a spreadsheet shows it and does not compute it; NULL stays NULL."""
    return sql("case when {danger} then chr(39) || {c} else {c} end", danger=is_dangerous(cell), c=cell)


def unwrapped(cell: SQL, *, defused: bool) -> SQL:
    """The text of a cell without what was put around it; NULL stays NULL.

    Args:
        cell: The cell.
        defused: It may have been defused: it stands in a text file.
    """
    bare = sql(
        r"""case when regexp_matches({c}, {formula}) then replace(regexp_extract({c}, {formula}, 1), '""', '"')
            else regexp_replace(trim({c}, chr(9)), '^[\t ]*''', '') end""",
        c=cell, formula=_FORMULA_TEXT,
    )  # fmt: skip
    first = sql("when {defused} then {rest}", defused=is_defused(cell), rest=_rest(cell)) if defused else sql("")
    return sql(
        "case {first} when {wrapped} then {bare} else {c} end", first=first, wrapped=is_wrapped(cell), bare=bare, c=cell
    )


def _rest(cell: SQL) -> SQL:
    return sql("({c})[2:]", c=cell)
