"""`profile`: what is in a dataset or file, field by field."""

from __future__ import annotations

from crmctl.errors import UsageError
from crmctl.schema.column import Column, blank
from crmctl.sql import SQL, join, sql
from crmctl.step import Dataset, Result, step

_COLUMNS = (
    Column("field", "field", labels={"en": "Field", "zh": "字段"}),
    Column("header", "header", labels={"en": "Header", "zh": "表头"}),
    Column("type", "type", labels={"en": "Type", "zh": "类型"}),
    Column("rows", "rows", "integer", labels={"en": "Rows", "zh": "行数"}),
    Column("filled", "filled", "integer", labels={"en": "Filled", "zh": "非空"}),
    Column("fill_rate", "fill_rate", "percent", labels={"en": "Filled %", "zh": "填充率"}),
    Column("distinct", "distinct", "integer", labels={"en": "Distinct", "zh": "不同值"}),
    Column("misfits", "misfits", "integer", labels={"en": "Misfits", "zh": "类型不符"}),
    Column("shortest", "shortest", "integer", labels={"en": "Shortest", "zh": "最短"}),
    Column("longest", "longest", "integer", labels={"en": "Longest", "zh": "最长"}),
    Column("smallest", "smallest", labels={"en": "Smallest", "zh": "最小"}),
    Column("largest", "largest", labels={"en": "Largest", "zh": "最大"}),
    Column("top_values", "top_values", labels={"en": "Top values", "zh": "常见值"}),
)
_MOST_VALUES = 1000


@step(kind="answer")
def profile(dataset: Dataset, *, top: int = 3) -> Result:
    """Show what is in a file or dataset, field by field.

    Args:
        dataset: The rows.
        top: How many of the commonest values to show.

    Examples:
        crmctl profile examples/contacts.csv
        crmctl profile contacts --format json
    """
    if not 0 <= top <= _MOST_VALUES:
        raise UsageError("--top has to be a number from 0 to {most}", cure="ask for a few", most=_MOST_VALUES)
    query = join([_field(dataset, column, number, top) for number, column in enumerate(dataset.columns)], " union all ")
    return Result(
        answer=sql("select * exclude (position) from ({query}) order by position", query=query),
        answer_columns=_COLUMNS,
    )


def _field(dataset: Dataset, column: Column, position: int, top: int) -> SQL:
    text = sql("nullif(trim({c}), '')", c=column.identifier)
    typed = column.typed(text)
    misfits = sql("count(*) filter (value is not null and typed is null)") if column.sql_type != "varchar" else sql("0")
    return sql(
        "select {position} as position, {name} as field, {header} as header, {type} as type, count(*) as rows,"
        " count(value) as filled, round(100.0 * count(value) / greatest(count(*), 1), 1)::double as fill_rate,"
        " count(distinct value) as distinct, {misfits}::bigint as misfits, min(length(value)) as shortest,"
        " max(length(value)) as longest, min(typed)::varchar as smallest, max(typed)::varchar as largest,"
        " (select string_agg(v || ' (' || n || ')', ', ' order by n desc, v) from (select trim({c}) as v,"
        "   count(*) as n from {rows} where not {blank} group by 1 order by n desc, v limit {top})) as top_values"
        " from (select {text} as value, {typed} as typed from {rows})",
        position=position, name=column.name, header=column.header, type=column.type, misfits=misfits,
        c=column.identifier, rows=dataset, blank=blank(column.identifier), top=top, text=text, typed=typed,
    )  # fmt: skip
