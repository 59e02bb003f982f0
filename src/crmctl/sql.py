"""SQL composition with typed holes: names are quoted, values are bound, SQL parts are spliced. It runs nothing."""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import LiteralString, Protocol, runtime_checkable

Value = str | int | float | bool | bytes | Decimal | dt.date | dt.datetime | dt.timedelta | None


@dataclass(frozen=True, slots=True)
class Bound:
    """A value on its way into a statement."""

    value: Value | list[Value]


@dataclass(frozen=True, slots=True)
class SQL:
    """A piece of SQL: fixed text and bound values in turn. Made by `sql`, never from a user's string."""

    parts: tuple[str | Bound, ...]

    @property
    def text(self) -> str:
        """The statement with a ``?`` for every bound value."""
        return "".join(part if isinstance(part, str) else "?" for part in self.parts)

    @property
    def values(self) -> list[Value | list[Value]]:
        """The bound values, in the order of their ``?``."""
        return [part.value for part in self.parts if isinstance(part, Bound)]

    @property
    def literal(self) -> str:
        """The statement with its values written as quoted literals, for views and `--show-sql`."""
        return "".join(part if isinstance(part, str) else _literal(part.value) for part in self.parts)

    def __sql__(self) -> SQL:
        return self

    def __str__(self) -> str:
        return self.literal


@runtime_checkable
class Composable(Protocol):
    """Anything that knows its own SQL, such as a dataset or a field."""

    def __sql__(self) -> SQL: ...


Hole = Composable | Value | list[Value]


def sql(template: LiteralString, /, **holes: Hole | Sequence[Value]) -> SQL:
    """Compose a statement from a fixed template.

    A hole that is SQL (or has ``__sql__``) is spliced; every other value, a plain string included, is bound.

    >>> sql("select {n} from {t}", n=1, t=ident('an "odd" name')).text
    'select ? from "an ""odd"" name"'

    Raises:
        KeyError: A hole of the template was not given.
    """
    parts: list[str | Bound] = []
    for text, name, _spec, _conversion in string.Formatter().parse(template):
        if text:
            parts.append(text)
        if name is not None:
            hole = holes[name]
            if isinstance(hole, Composable):
                parts.extend(hole.__sql__().parts)
            else:
                parts.append(Bound(hole))  # type: ignore[arg-type]  # a Sequence[Value] binds as a DuckDB list
    return SQL(tuple(parts))


def ident(*names: str) -> SQL:
    """A quoted, possibly qualified name: ``ident("main", "orders")``."""
    return SQL((".".join('"' + name.replace('"', '""') + '"' for name in names),))


def join(pieces: Iterable[Composable], separator: LiteralString = ", ") -> SQL:
    """The pieces with a fixed separator between them."""
    parts: list[str | Bound] = []
    for number, piece in enumerate(pieces):
        if number:
            parts.append(separator)
        parts.extend(piece.__sql__().parts)
    return SQL(tuple(parts))


def idents(names: Iterable[str], separator: LiteralString = ", ") -> SQL:
    """Quoted names in a list."""
    return join((ident(name) for name in names), separator)


def values(rows: Iterable[Sequence[Value]]) -> SQL:
    """A ``values (…), (…)`` list with every cell bound."""
    return join([sql("({row})", row=join(SQL((Bound(cell),)) for cell in row)) for row in rows], ", ")


TRUE = sql("true")
FALSE = sql("false")


def conjunction(conditions: Iterable[Composable]) -> SQL:
    """All of the conditions; true where there are none."""
    pieces = [sql("({c})", c=condition) for condition in conditions]
    return join(pieces, " and ") if pieces else TRUE


def disjunction(conditions: Iterable[Composable]) -> SQL:
    """Any of the conditions; false where there are none."""
    pieces = [sql("({c})", c=condition) for condition in conditions]
    return join(pieces, " or ") if pieces else FALSE


def _literal(value: Value | list[Value]) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value)
        case float():
            return f"'{value!r}'::double"  # a bare 0.8 would be a decimal
        case bytes():
            return "'" + "".join(f"\\x{byte:02X}" for byte in value) + "'::blob"
        case dt.datetime():
            return f"timestamp '{value.isoformat(sep=' ')}'"
        case dt.date():
            return f"date '{value.isoformat()}'"
        case dt.timedelta():
            return f"to_microseconds({round(value.total_seconds() * 1_000_000)})"
        case list() | tuple():
            return "[" + ", ".join(_literal(item) for item in value) + "]"
        case _:
            pieces = ["'" + piece.replace("'", "''") + "'" for piece in str(value).split("\0")]
            return pieces[0] if len(pieces) == 1 else "(" + " || chr(0) || ".join(pieces) + ")"
