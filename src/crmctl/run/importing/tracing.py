"""Which line of which file brought a row: noted of every row that comes in, for `explain`."""

from __future__ import annotations

from collections.abc import Sequence

from crmctl.run.importing.ingest import Ingested
from crmctl.sql import SQL, join, sql
from crmctl.step.running import Context


def traced(run: Context, name: str, incoming: SQL, parts: Sequence[Ingested]) -> SQL:
    """The lines of the log of arrivals, a run of rows and lines that follow one another as one.

    Args:
        run: The running step's context.
        name: The dataset.
        incoming: The parts' rows in one table, part after part, their row ids settled.
        parts: The parts.
    """
    arrived, islands = _arrived(incoming, parts), run.temporary("islands")
    run.store.execute(
        sql(
            "create temp table {islands} as select source, file, line - _id as ahead, min(_id) as _id,"
            " max(_id) as _until, min(line) as line, count(*) = max(_id) - min(_id) + 1 as whole"
            " from ({arrived}) group by source, file, ahead",
            islands=islands,
            arrived=arrived,
        )
    )
    log = sql("select {name} as dataset, _id, _until, source, file, line from {islands} where whole",
              name=name, islands=islands)  # fmt: skip
    if not run.store.scalar(sql("select count(*) from {islands} where not whole", islands=islands)):
        return log
    scattered = run.temporary("scattered")
    run.store.execute(
        sql(
            "create temp table {scattered} as select a.* from ({arrived}) a join {islands} i on i.source = a.source"
            " and i.file = a.file and i.ahead is not distinct from a.line - a._id where not i.whole",
            scattered=scattered,
            arrived=arrived,
            islands=islands,
        )
    )
    return sql(
        "{log} union all select {name}, _id, _id, source, file, line from {scattered}",
        log=log, name=name, scattered=scattered,
    )  # fmt: skip


def _arrived(incoming: SQL, parts: Sequence[Ingested]) -> SQL:
    """Row id, source, file and line of every row that came in."""
    selects, first = [], 0
    for part in parts:
        last = first + part.ledger.loaded
        if part.trace is None:
            file, origin = sql("{file}", file=part.label), sql("")
        else:
            file = sql("coalesce(o.file, {file})", file=part.label)
            origin = sql("left join {trace} o on o.place = t.rowid - {first}", trace=part.trace, first=first)
        selects.append(
            sql(
                "select t._id, t._source as source, {file} as file, t._line as line"
                " from {incoming} t {origin} where t.rowid >= {first} and t.rowid < {last}",
                file=file, incoming=incoming, origin=origin, first=first, last=last,
            )
        )  # fmt: skip
        first = last
    return join(selects, " union all ")


def placed_findings(run: Context, incoming: SQL, parts: Sequence[Ingested]) -> SQL | None:
    """What was found in the parts' cells, now that their rows have their ids; None where nothing was."""
    selects, first = [], 0
    for part in parts:
        if part.findings is not None:
            selects.append(
                sql(
                    "select t._id, f.* exclude (place) from {findings} f"
                    " join {incoming} t on t.rowid = f.place + {first}",
                    findings=part.findings, incoming=incoming, first=first,
                )
            )  # fmt: skip
        first += part.ledger.loaded
    if not selects:
        return None
    found = run.temporary("early")
    run.store.execute(sql("create temp table {found} as {all}", found=found, all=join(selects, " union all ")))
    return found


def together(run: Context, one: SQL | None, other: SQL | None) -> SQL | None:
    """Two tables of findings as one; None where there is neither."""
    if one is None or other is None:
        return one or other
    found = run.temporary("together")
    run.store.execute(
        sql("create temp table {found} as from {one} union all by name from {other}", found=found, one=one, other=other)
    )
    return found
