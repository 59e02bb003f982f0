"""Writing Excel workbooks, streamed: what has to stay text is text, numbers and dates are typed.

The rows' XML is composed in vectorised expressions, a batch at a time, while the batch before is being packed.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from html import escape
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from crmctl.errors import FileError
from crmctl.formats.workbook import written as parts
from crmctl.schema.column import Column

if TYPE_CHECKING:
    import polars as pl

MOST_ROWS, _MOST_COLUMNS, _LONGEST_CELL = 1_048_575, 16_384, 32_767
_DAY_ZERO, _DAY_ONE, _UNDATED = dt.date(1899, 12, 30), dt.date(1900, 3, 1), dt.date(1980, 1, 1)
_LEVEL, _SAMPLED, _LARGE, _MARKUP_SIZE = 4, 100, 3 << 29, 60
_SAFE_DIGITS = 15
_NUMBER = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$"
_NUMERIC = frozenset({"integer", "number", "money", "percent"})
_KEPT_TEXT = frozenset({"id", "phone", "mobile", "id_card", "uscc", "postal_code", "vat", "wechat"})
# What XML cannot hold, or would not give back as it was, is spelled _x000D_; so is what looks like such a spelling.
_SPECIAL = r"[\x00-\x08\x0B-\x1F\x{FFFE}\x{FFFF}]|_x[0-9A-Fa-f]{4}_"
_MARKUP = r"[&<>]"
_EDGES = r"^\s|\s$"


def write_xlsx(
    stream: BinaryIO, batches: Any, headers: Sequence[str], columns: Sequence[Column], as_of: dt.date | None, rows: int
) -> int:
    """Write batches of text columns as one sheet below a frozen, filtered header; the same bytes each time.

    Args:
        stream: Where to; it can seek.
        batches: Arrow record batches.
        headers: The header's cells.
        columns: What the batches hold.
        as_of: The day that the workbook shows as the one of its creation.
        rows: How many rows there will be, or nearly so.

    Returns:
        The number of rows.

    Raises:
        FileError: More rows or columns, or a longer cell, than Excel can hold.
    """
    if len(headers) > _MOST_COLUMNS:
        raise FileError("more than {limit} columns", cure="write CSV or Parquet", limit=_MOST_COLUMNS)
    first, rest = _sampled(batches)
    made = _Rows(columns)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, content in parts.fixed_parts(as_of or _UNDATED).items():
            archive.writestr(_entry(name), content)
        with archive.open(_entry(parts.SHEET), "w", force_zip64=_may_be_large(first, rows)) as sheet:
            sheet.write(_head(headers, columns, first).encode())
            total = _packed(sheet, (made.xml(batch) for batch in rest), made)
            last = f"{parts.letters(len(headers) - 1)}{total + 1}" if total and headers else ""
            sheet.write(parts.sheet_foot(last).encode())
        absolute = re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", last)
        archive.writestr(_entry(parts.WORKBOOK), parts.workbook(absolute))
    return total


def _packed(sheet: IO[bytes], pieces: Iterable[bytes], made: _Rows) -> int:
    """Write the pieces, each while the next one is being made; returns the number of rows."""
    with ThreadPoolExecutor(1) as packer:
        busy: Future[int] | None = None
        for piece in pieces:
            if busy is not None:
                busy.result()
            busy = packer.submit(sheet.write, piece)
        if busy is not None:
            busy.result()
    return made.written


def _sampled(batches: Any) -> tuple[list[pl.DataFrame], Iterator[pl.DataFrame]]:
    """The first rows, by which the columns' widths are chosen, and all of them."""
    import polars as pl

    source = (pl.DataFrame(pl.from_arrow(batch)) for batch in batches)
    first: list[pl.DataFrame] = []
    for batch in source:
        first.append(batch)
        if sum(frame.height for frame in first) >= _SAMPLED:
            break
    return first, _chained(first, source)


def _chained(first: list[pl.DataFrame], source: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    yield from first
    yield from source


def _may_be_large(first: Sequence[pl.DataFrame], rows: int) -> bool:
    """So many rows like these may take more than the 2 GB that plain zip files hold."""
    seen = sum(frame.height for frame in first)
    size = sum(frame.estimated_size() + _MARKUP_SIZE * frame.width * frame.height for frame in first)
    return seen > 0 and size / seen * rows > _LARGE


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    info._compresslevel = _LEVEL  # type: ignore[attr-defined]  # public only from Python 3.13 on
    return info


def _head(headers: Sequence[str], columns: Sequence[Column], first: Sequence[pl.DataFrame]) -> str:
    texts: list[list[str]] = [[header] for header in headers]
    left = _SAMPLED
    for frame in first:
        for number, column in enumerate(frame.head(left).get_columns()):
            texts[number] += [text for text in column.to_list() if text]
        left = max(0, left - frame.height)
    cells = "".join(
        f'<c r="{parts.letters(number)}1" s="{parts.BOLD}" t="inlineStr"><is>'
        f'<t xml:space="preserve">{_spelled(header)}</t></is></c>'
        for number, header in enumerate(headers)
    )
    widths = [parts.width(column) for column in texts]
    return parts.sheet_head(widths, [_style(column) for column in columns]) + f'<row r="1">{cells}</row>'


def _style(column: Column) -> int:
    if column.type in _KEPT_TEXT:
        return parts.TEXT
    return {"date": parts.DATE, "datetime": parts.MOMENT}.get(column.type, 0)


def _spelled(text: str) -> str:
    """A text as XML."""
    special = re.compile(_SPECIAL.replace(r"\x{FFFE}\x{FFFF}", "\ufffe\uffff"))
    return escape(special.sub(lambda found: f"_x{ord(found[0][0]):04X}_{found[0][1:]}", text), quote=False)


class _Rows:
    """Makes the XML of rows, one batch after the other.

    Args:
        columns: What they hold.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self.written = 0

    def xml(self, batch: pl.DataFrame) -> bytes:
        """The rows of a batch.

        Raises:
            FileError: More rows, or a longer cell, than Excel can hold.
        """
        import polars as pl

        first = self.written + 2
        self.written += batch.height
        if self.written > MOST_ROWS:
            raise FileError(
                "{rows} rows, and an Excel sheet holds {limit}", cure="write CSV or Parquet",
                rows=self.written, limit=MOST_ROWS,
            )  # fmt: skip
        number = pl.int_range(first, first + batch.height, dtype=pl.Int64, eager=True).cast(pl.String).alias("number")
        texts = [cells.alias(f"t{at}") for at, cells in enumerate(batch.get_columns())]
        for at, cells in enumerate(texts):
            self._refuse_long(cells, at, first)
        made = [self._cell(text, at) for at, text in enumerate(texts)]
        frame = pl.DataFrame([number, *(_as_xml(text).alias(text.name) for text in texts)])
        row = pl.concat_str(pl.lit('<row r="'), pl.col("number"), pl.lit('">'), *made, pl.lit("</row>"))
        return bytes(frame.select(row.str.join("")).item().encode())

    def _cell(self, text: pl.Series, at: int) -> pl.Expr:
        """The XML of a column's cells; nothing where there is no value."""
        import polars as pl

        column, name = self._columns[at], f"t{at}"
        place = pl.format(f'<c r="{parts.letters(at)}' + "{}", pl.col("number"))
        style = f' s="{parts.TEXT}"' if column.type in _KEPT_TEXT else ""
        space = pl.lit("")
        if text.str.contains(_EDGES).any():
            space = (
                pl.when(pl.col(name).str.contains(_EDGES)).then(pl.lit(' xml:space="preserve"')).otherwise(pl.lit(""))
            )
        plain = pl.concat_str(
            place, pl.lit(f'"{style} t="inlineStr"><is><t'), space, pl.lit(">"), pl.col(name), pl.lit("</t></is></c>")
        )
        typed = _TYPED.get(column.type)
        whole = plain if typed is None else pl.coalesce(typed(place, pl.col(name)), plain)
        return pl.when(pl.col(name).is_null()).then(pl.lit("")).otherwise(whole)

    def _refuse_long(self, cells: pl.Series, at: int, first: int) -> None:
        if (cells.str.len_bytes().max() or 0) <= _LONGEST_CELL:  # type: ignore[operator]  # of bytes, an integer
            return
        for row, text in enumerate(cells.to_list()):
            length = len(text.encode("utf-16-le", "surrogatepass")) // 2 if text else 0
            if length > _LONGEST_CELL:
                raise FileError(
                    "row {row} has {length} characters in {column}, and an Excel cell holds {limit}",
                    cure="write CSV or Parquet", row=first + row - 1, length=length,
                    column=self._columns[at].header, limit=_LONGEST_CELL,
                )  # fmt: skip


def _as_xml(text: pl.Series) -> pl.Series:
    """Texts with what XML cannot hold spelled out, where there is any."""
    import polars as pl

    if text.str.contains(_SPECIAL).any():
        odd = text.str.contains(_SPECIAL).fill_null(value=False)
        spelled = [_spelled(value) for value in text.filter(odd).to_list()]
        plain = text.set(odd, None)
        return _marked(plain).scatter(odd.arg_true(), pl.Series(spelled, dtype=pl.String))
    return _marked(text)


def _marked(text: pl.Series) -> pl.Series:
    if not text.str.contains(_MARKUP).any():
        return text
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.str.replace_all(mark, entity, literal=True)
    return text


def _number(place: pl.Expr, text: pl.Expr) -> pl.Expr:
    """As a number, unless Excel would change it: leading zeros and more than 15 digits stay text."""
    import polars as pl

    digits = (
        text.str.len_bytes()
        - text.str.starts_with("-").cast(pl.UInt32)
        - text.str.contains(".", literal=True).cast(pl.UInt32)
    )
    fits = text.str.contains(_NUMBER) & (digits <= _SAFE_DIGITS) & ~text.str.contains(r"^-[0.]+$")
    return pl.when(fits).then(pl.concat_str(place, pl.lit('"><v>'), text, pl.lit("</v></c>")))


def _date(place: pl.Expr, text: pl.Expr) -> pl.Expr:
    import polars as pl

    day = text.str.to_date("%Y-%m-%d", strict=False)
    fits = text.str.contains(r"^\d{4}-\d\d-\d\d$") & (day >= _DAY_ONE)
    serial = (day - _DAY_ZERO).dt.total_days().cast(pl.String)
    return pl.when(fits).then(pl.concat_str(place, pl.lit(f'" s="{parts.DATE}"><v>'), serial, pl.lit("</v></c>")))


def _moment(place: pl.Expr, text: pl.Expr) -> pl.Expr:
    import polars as pl

    moment = text.str.replace("T", " ", literal=True).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)
    fits = text.str.contains(r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d$") & (moment >= dt.datetime(1900, 3, 1))
    seconds = (moment - dt.datetime(1899, 12, 30)).dt.total_seconds()
    serial = (seconds / 86_400).cast(pl.String)
    return pl.when(fits).then(pl.concat_str(place, pl.lit(f'" s="{parts.MOMENT}"><v>'), serial, pl.lit("</v></c>")))


def _boolean(place: pl.Expr, text: pl.Expr) -> pl.Expr:
    import polars as pl

    value = text.str.to_lowercase().replace_strict({"true": "1", "false": "0"}, default=None, return_dtype=pl.String)
    return pl.when(value.is_not_null()).then(pl.concat_str(place, pl.lit('" t="b"><v>'), value, pl.lit("</v></c>")))


_TYPED: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    **dict.fromkeys(_NUMERIC, _number), "date": _date, "datetime": _moment, "boolean": _boolean,
}  # fmt: skip
