"""`sql`: derive a dataset from others with one SELECT."""

from __future__ import annotations

from crmctl.schema import load_schema
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, join
from crmctl.sql import sql as compose
from crmctl.step import Context, Dataset, Query, Result, SchemaName, context, step
from crmctl.store import fenced_select
from crmctl.store.fence import tables_read
from crmctl.store.versions import IDS_SUFFIX, ids_query


@step
def sql(query: Query, *, key: list[str] | None = None, schema: SchemaName | None = None) -> Result:
    """Derive a dataset from others with one SELECT.

    The query sees datasets by name, their columns typed. It can read nothing else. The result is sorted by its key;
    it becomes the dataset that --into names, or goes to the output.

    Args:
        query: One SELECT statement.
        key: The columns that identify a row of the result.
        schema: The schema that the result's columns follow, for labels, types and references.

    Examples:
        crmctl sql "select city, count(*) as people from contacts group by city" --into cities --key city
    """
    run = context()
    text = fenced_select(run.store, query, [*run.datasets(), *(name + IDS_SUFFIX for name in run.datasets())])
    known = {name.casefold(): name for name in run.datasets()}
    for table in sorted(tables_read(run.store, query)):
        base = table.removesuffix(IDS_SUFFIX)
        if table in known:
            _show(run, run.dataset("dataset:" + known[table]))
        elif base in known:
            _show_ids(run, run.dataset("dataset:" + known[base]))
    columns: dict[str, Column] = {}
    if schema is not None:
        chosen = load_schema(schema)
        columns = {name: field.column(name) for name, field in chosen.fields.items()}
        key = key or list(chosen.key)
    return Result(rows=text, key=key or [], schema=schema, columns=list(columns.values()))


def _show(run: Context, dataset: Dataset) -> None:
    """The dataset as this run has it, under its own name, typed."""
    typed = join([compose("{typed} as {name}", typed=c.typed(), name=c.identifier) for c in dataset.columns])
    _view(run, dataset.name, compose("select {typed} from {table}", typed=typed, table=dataset.relation))


def _show_ids(run: Context, dataset: Dataset) -> None:
    _view(run, dataset.name + IDS_SUFFIX, ids_query(dataset.name, run.run))


def _view(run: Context, name: str, query: SQL) -> None:
    statement = compose("create or replace temp view {name} as {query}", name=ident(name), query=query)
    run.con.execute(statement.literal).fetchall()
