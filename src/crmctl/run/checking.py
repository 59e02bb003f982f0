"""What a check needs from around it: the tables that references point into, and a file of the failing rows."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

from crmctl import formats
from crmctl.checks import Check
from crmctl.run.exporting.output import output_format
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, join, sql
from crmctl.step.running import Context
from crmctl.step.types import Dataset, OutputFile
from crmctl.store.versions import ids_query

_FAILURE_COLUMNS = (
    Column("file", "file"), Column("line", "line", "integer"), Column("dataset", "dataset"), Column("field", "field"),
    Column("rule", "rule"), Column("value", "value"),
)  # fmt: skip


def reference_tables(
    context: Context, dataset: Dataset, wanted: Sequence[Check]
) -> dict[str, tuple[SQL, Sequence[Column]]]:
    """The datasets that these checks look into, by name; a merged record is found under each of its source ids."""
    known = {name.casefold(): name for name in context.datasets()}
    names = {str(check.to) for check in wanted if check.kind == "reference" and hasattr(check, "to")}
    found: dict[str, tuple[SQL, Sequence[Column]]] = {}
    for name in sorted(names):
        if name.casefold() in known and name.casefold() != dataset.name.casefold():
            other = context.dataset("dataset:" + known[name.casefold()])
            found[name] = (_with_source_ids(context, other), other.columns)
    return found


def _with_source_ids(context: Context, other: Dataset) -> SQL:
    if len(other.keys) != 1:
        return other.relation
    key = other.keys[0]
    blanks = join([sql("null::varchar as {n}", n=c.identifier) for c in other.columns if c.name != key] or [sql("1")])
    names = join([ident(c.name) for c in other.columns if c.name != key] or [sql("1")])
    return sql(
        "(select _source, {key}, {names} from {rows} union all select source, source_id, {blanks} from ({ids}))",
        key=ident(key), names=names, rows=other, blanks=blanks, ids=ids_query(other.name, context.run),
    )  # fmt: skip


def failing_rows(context: Context, failures: Sequence[tuple[str, SQL]], output: OutputFile) -> None:
    """Write every failing row with its file, line, field, rule and value."""
    query = join(
        [
            sql("select _source as file, _line as line, {name} as dataset, field, check_name as rule, value from {f}",
                name=name, f=table)
            for name, table in failures
        ],
        " union all ",
    )  # fmt: skip
    target = (context.stdout or sys.stdout.buffer) if output == "-" else output.path
    with contextlib.suppress(BrokenPipeError):  # a reader that goes away does not undo the check
        formats.write(
            context.con, query, target, format=output_format(None, output, None), columns=_FAILURE_COLUMNS,
            as_of=context.dated(),
        )  # fmt: skip
