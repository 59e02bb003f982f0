"""JSON and NDJSON: objects to rows of text and back. Numbers keep their spelling, nested values are JSON text.

DuckDB's JSON reader would respell numbers (1.10 as 1.1), so the standard library's parser is used, in bounded batches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from crmctl.errors import FileError, Place
from crmctl.formats.encodings.identify import identify
from crmctl.formats.encodings.names import as_utf8
from crmctl.formats.jsonstream import JsonStream
from crmctl.formats.lines import physical_lines
from crmctl.formats.loading import Rejects, insert_arrow, prove
from crmctl.formats.model import Reading, Request
from crmctl.formats.naming import Namer, column_names
from crmctl.messages import translate
from crmctl.sql import SQL, ident, join, sql

_BATCH, _CHUNK, _MOST_COLUMNS = 20_000, 1 << 20, 2_000


class _Number(str):
    """A number as the file spells it."""

    __slots__ = ()


_TEXT = frozenset({str, type(None)})
_PLAIN = _TEXT | {_Number}


class _NoRowError(ValueError):
    """An object that is JSON but cannot become a row."""


@dataclass(slots=True)
class _Record:
    """One record: its first line, its text, and its object or the reason why there is none."""

    line: int
    raw: str
    value: dict[str, Any] | None = None
    reason: str = ""


@dataclass(slots=True)
class _Loader:
    """Appends batches of objects to the table of a reading, which grows a column for every new key."""

    request: Request
    loaded: int = 0
    columns: dict[str, str] = field(default_factory=dict)
    namer: Namer = field(default_factory=Namer)
    strings: set[str] = field(default_factory=set)
    literals: set[str] = field(default_factory=set)

    def create(self) -> None:
        statement = sql(
            "create {table} {into} (_id bigint, _source varchar, _line bigint)",
            table=self.request.table, into=self.request.into,
        )  # fmt: skip
        self.request.con.execute(statement.text)

    def add(self, records: list[_Record]) -> None:
        import pyarrow as pa

        rows = [record.value or {} for record in records]
        self._grow([key for key in dict.fromkeys(chain.from_iterable(rows)) if key not in self.columns])
        first = self.request.first_id + self.loaded
        cells = {
            "_id": pa.array(range(first, first + len(rows)), pa.int64()),
            "_source": pa.array([self.request.source] * len(rows), pa.string()),
            "_line": pa.array([record.line for record in records], pa.int64()),
        }
        for key, name in self.columns.items():
            values = [row.get(key) for row in rows]
            kinds = {type(value) for value in values}
            if str in kinds:
                self.strings.add(key)
            if kinds - _TEXT:
                self.literals.add(key)
            if kinds - _PLAIN:
                values = [_text(value) for value in values]
            cells[name] = pa.array(values, pa.large_string())
        insert_arrow(self.request, self.request.into, pa.table(cells))
        self.loaded += len(rows)

    def _grow(self, keys: list[str]) -> None:
        if len(self.columns) + len(keys) > _MOST_COLUMNS:
            raise FileError(
                "{path} has more than {limit} different keys, so it is not a table",
                cure="make every record an object with the same keys", path=self.request.path, limit=_MOST_COLUMNS,
            )  # fmt: skip
        for key in keys:
            name = self.columns[key] = self.namer.name(key)
            statement = sql("alter table {into} add column {name} varchar", into=self.request.into, name=ident(name))
            self.request.con.execute(statement.text)


def read_json(request: Request, format: str) -> Reading:  # noqa: A002 - as everywhere
    """Read objects, one to a line or in an array; a line that is no object goes to the rejects.

    Raises:
        FileError: An array is broken or cut off, or the encoding cannot be told.
    """
    evidence = identify(request.path, request.options.encoding)
    rejects, loader = Rejects(request), _Loader(request)
    loader.create()
    read = blank = 0
    with as_utf8(request.path, evidence, request.workdir) as (path, start):
        in_lines = format == "ndjson" and _first_byte(path, start) != b"["
        held: list[_Record] = []
        for record in _lines(path, start, request.path) if in_lines else _values(path, start, request.path):
            read += 1
            if record.value is not None:
                held.append(record)
            elif record.reason:
                rejects.add(record.line, record.reason, record.raw)
            else:
                blank += 1
            if len(held) == _BATCH:
                loader.add(held)
                held = []
        if held:
            loader.add(held)
        rejects.flush()
        # Counted once more, by nothing but line ends.
        read = _count_lines(path, start) if in_lines else read
    prove(request, read=read, loaded=loader.loaded, rejected=rejects.count, skipped=blank)
    said = [evidence.told, "NDJSON" if in_lines else "JSON"]
    if blank:
        said.append(translate("blank lines skipped: {count}", count=blank))
    return Reading(
        path=request.path, format=format, dialect=None, sheet=None, headers=list(loader.columns),
        columns=list(loader.columns.values()), read=read, loaded=loader.loaded, rejected=rejects.count, skipped=blank,
        sha256=evidence.sha256, size=evidence.size, decision=", ".join(said),
        literals=frozenset(loader.literals - loader.strings),
    )  # fmt: skip


def _lines(path: Path, start: int, named: Path) -> Iterator[_Record]:
    decode = _decoder().decode
    for line, raw in physical_lines(path, start, named):
        text = raw.rstrip(b"\r\n")
        if not text.strip():
            yield _Record(line, "")
        else:
            yield _parsed(line, text, decode)


def _parsed(line: int, raw: bytes, decode: Callable[[str], Any]) -> _Record:
    text = raw.decode("utf-8", "backslashreplace")
    try:
        return _record(line, text, decode(raw.decode("utf-8")))
    except json.JSONDecodeError as error:
        return _Record(line, text, reason=translate("not JSON: {problem}", problem=f"{error.msg} ({error.colno})"))
    except UnicodeDecodeError:
        return _Record(line, text, reason=translate("bytes that are not {encoding}", encoding="UTF-8"))
    except _NoRowError as error:
        return _Record(line, text, reason=str(error))
    except RecursionError:
        return _Record(line, text, reason=translate("nested too deeply"))


def _record(line: int, text: str, value: Any) -> _Record:
    if not isinstance(value, dict):
        return _Record(line, text, reason=translate("not an object"))
    if "\\ud" in text or "\\uD" in text:
        try:
            for item in chain(value, map(_text, value.values())):
                (item or "").encode()
        except UnicodeEncodeError:
            return _Record(line, text, reason=translate("half a character (a lone surrogate)"))
    return _Record(line, text, value)


def _values(path: Path, start: int, named: Path) -> Iterator[_Record]:
    """The elements of the one array of a file, or the objects that follow one another in it."""
    stream = JsonStream(path, start, _decoder())
    try:
        in_array = stream.take("[")
        while not (in_array and stream.take("]")) and (in_array or stream.peek()):
            yield _record(*stream.value())
            if in_array and not stream.take(",") and stream.peek() != "]":
                raise _NoRowError(translate("a comma or ] is missing"))
        if stream.peek():
            raise _NoRowError(translate("something follows the array"))
    except (ValueError, RecursionError) as error:
        place = Place(str(named), stream.line)
        if stream.at_end:
            raise FileError("the JSON is cut off", cure="get the whole file", place=place) from None
        problem = error.msg if isinstance(error, json.JSONDecodeError) else error
        raise FileError(
            "not valid JSON: {problem}", cure="get it again, or have it written as NDJSON", place=place, problem=problem
        ) from None
    finally:
        stream.close()


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=_object, parse_float=_Number, parse_int=_Number, parse_constant=_Number)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add returns None on purpose
        raise _NoRowError(translate("the key {key!r} stands there twice", key=twice))
    return found


def _text(value: Any) -> str | None:
    """A cell's text."""
    if isinstance(value, str) or value is None:
        return value
    return _nested(value)


def _nested(value: Any) -> str:
    """A value as JSON text, numbers as they were spelled."""
    match value:
        case _Number():
            return str(value)
        case dict():
            return "{" + ", ".join(f"{_nested(key)}: {_nested(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_nested, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _first_byte(path: Path, start: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(_CHUNK).lstrip()[:1]


def _count_lines(path: Path, start: int) -> int:
    lines, last = 0, b""
    with path.open("rb") as file:
        file.seek(start)
        while chunk := file.read(_CHUNK):
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    return lines + (last not in (b"", b"\n"))


def object_of(
    cells: Sequence[SQL], headers: Sequence[str], types: Sequence[str], literals: Collection[str] = ()
) -> SQL:
    """A row as one JSON object; NaN and the infinities, for which JSON has no word, are null.

    Args:
        cells: The values.
        headers: Their keys.
        types: Their SQL types.
        literals: Headers whose text is JSON already, and is put in as it is.
    """
    keys = headers if len(set(headers)) == len(headers) else column_names(headers)
    finite = [_finite(cell) if kind in {"DOUBLE", "FLOAT"} else cell for cell, kind in zip(cells, types, strict=True)]
    if not literals:
        pairs = [sql("{key}, {cell}", key=key, cell=cell) for key, cell in zip(keys, finite, strict=True)]
        return sql("json_object({pairs})::varchar", pairs=join(pairs))
    members = [
        sql("{key} || {value}", key=json.dumps(key, ensure_ascii=False) + ":", value=_value(cell, header in literals))
        for key, cell, header in zip(keys, finite, headers, strict=True)
    ]
    return sql("'{{' || {members} || '}}'", members=join(members, " || ',' || "))


def _value(cell: SQL, literal: bool) -> SQL:
    if not literal:
        return sql("coalesce(to_json({cell})::varchar, 'null')", cell=cell)
    return sql(
        "case when {cell} is null then 'null' when json_valid({cell})"
        " and {cell} not in ('NaN', 'Infinity', '-Infinity') then {cell} else to_json({cell})::varchar end",
        cell=cell,
    )


def _finite(cell: SQL) -> SQL:
    return sql("case when isfinite({cell}) then {cell} end", cell=cell)


def write_json(stream: BinaryIO, batches: Any, *, array: bool) -> int:
    """Write batches of one column, the objects, as an array or as NDJSON.

    Returns:
        The number of objects.
    """
    total = 0
    for batch in batches:
        objects = batch.column(0).to_pylist()
        if objects and array:
            stream.write(b",\n" if total else b"[\n")
            stream.write(",\n".join(objects).encode())
        elif objects:
            stream.write(("\n".join(objects) + "\n").encode())
        total += len(objects)
    if array:
        stream.write(b"\n]\n" if total else b"[]\n")
    return total
