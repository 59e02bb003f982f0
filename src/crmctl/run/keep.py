"""Keeping a step's result: the table, the measured change, ledger, findings, side state and version, in one commit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from crmctl.errors import UsageError
from crmctl.formats.databases.remote import without_passwords
from crmctl.run.materialise import check_ids, materialise
from crmctl.run.outcome import StepReport
from crmctl.sql import SQL, Composable, ident, idents, sql
from crmctl.step import Dataset, Loaded, Result, StepSpec
from crmctl.store import Store
from crmctl.store.change import measure, sample
from crmctl.store.fence import query_failed
from crmctl.store.runs import RowLedger, to_json, write_ledger
from crmctl.store.versions import Version, check_new_name, register, stored_columns, version_number, version_table

if TYPE_CHECKING:
    from crmctl.run.runner import Runner

_TABLE_NAME = re.compile(r'\s*("([^"]|"")+"|\w+)(\.("([^"]|"")+"|\w+))*\s*')


def keep_result(
    runner: Runner,
    spec: StepSpec,
    plain: Mapping[str, Any],
    result: Result,
    datasets: list[Dataset],
    report: StepReport,
    *,
    into: str | None,
    keeps: bool,
    intermediate: bool,
    fingerprint: str,
    sample: bool,
) -> None:
    """Make what the step described, measure it, and commit it as belonging to this run, not yet published.

    Further datasets are kept like the first, in the same commit.
    """
    store = runner.store
    primary = datasets[0] if datasets else None
    kept = [(result, primary, into, _digest(fingerprint, None))]
    kept += [(further, None, None, _digest(fingerprint, further.name)) for further in result.more]
    made: list[Dataset | None] = []
    for part, origin, name, digest in kept:
        made.append(
            _make(runner, spec, part, origin, _name(runner, spec, part, origin, name, keeps=keeps), intermediate,
                  report, digest, sample)
            if part.rows is not None else None
        )  # fmt: skip
    report.dataset = made[0].name if made[0] is not None else None
    report.datasets = [dataset.name for dataset in made if dataset is not None]
    if result.answer is not None:
        report.answer_columns = result.answer_columns
        report.answer = store.con.sql(result.answer.text, params=result.answer.values).to_arrow_table()
    report.ledgers[:0] = [*runner.opened, *(read.ledger for part, *_ in kept for read in part.inputs)]
    report.failure = next((part.failure for part, *_ in kept if part.failure), None)
    for part, *_ in kept:
        report.notes.extend(part.notes)
        report.files.extend(part.files)
    with store.transaction("step"):
        store.insert(
            sql("_crmctl.steps"), run=runner.run, step=report.step, name=report.name, command=spec.name,
            parameters=to_json(without_passwords(plain)), fingerprint=fingerprint,
            status="failed" if report.failure else "done",
            notes=to_json(report.notes),
        )  # fmt: skip
        for ledger in report.ledgers:
            write_ledger(store, runner.run, report.step, ledger)
        for (part, origin, _, digest), dataset in zip(kept, made, strict=True):
            _write_inputs(runner, report.step, part, datasets if part is result else [])
            _write_remarks(runner, report, part, dataset or origin, part.origin or origin)
            if keeps or part.rows is None:  # rows that go to a file leave no trace in what the store knows of its own
                _write_side(store, runner.run, part)
            _register(runner, report, dataset, digest)
    for dataset in made:
        if dataset is not None:
            runner.stage(dataset, keeps=keeps)


def _digest(fingerprint: str, name: str | None) -> str:
    """The fingerprint of one of a step's datasets: the step's own, or one that tells it from its neighbours."""
    return fingerprint if name is None else hashlib.sha256(f"{fingerprint}:{name}".encode()).hexdigest()


def _register(runner: Runner, report: StepReport, made: Dataset | None, fingerprint: str) -> None:
    if made is None or made.version is None:
        return
    parent = runner.staged.get(made.name.casefold())
    register(
        runner.store,
        Version(made.version, made.name, made.rows, made.columns, made.keys, made.schema,
                parent.version if parent else None, runner.run, fingerprint),
        step=report.step,
    )  # fmt: skip


def _name(
    runner: Runner, spec: StepSpec, result: Result, primary: Dataset | None, into: str | None, *, keeps: bool
) -> str:
    """What the result is called; what a query reads is not what it makes."""
    name = into or result.name or (primary.name if primary and spec.input is not None else None)
    if not keeps:
        return name or spec.name
    if name is None:
        raise UsageError("the result needs a name", cure="say --into DATASET")
    if _previous(runner, name, primary) is None:
        check_new_name(runner.store, name)
    return name


def _make(
    runner: Runner, spec: StepSpec, result: Result, primary: Dataset | None, name: str,
    intermediate: bool, report: StepReport, fingerprint: str, wants_sample: bool,
) -> Dataset:  # fmt: skip
    store = runner.store
    previous = _previous(runner, name, primary)
    known = {c.name: c for d in (previous, primary) if d for c in d.columns} | {c.name: c for c in result.columns}
    key = tuple(result.key if result.key is not None else (primary.keys if primary else ()))
    if isinstance(result.rows, Loaded):
        table, columns = result.rows.table, tuple(result.columns)
        version = None if intermediate else version_number(table)
        if intermediate:
            runner.scratch.append(table)
        check_ids(store, table)
        known_rows = True
    else:
        version = None if intermediate else store.take_version()
        table = version_table(version) if version is not None else runner.table(scratch=True)
        try:
            columns, known_rows = materialise(
                store, _as_query(result.rows), table, known=known, key=key,
                row_wise_of=primary if spec.row_wise else None, previous=previous,
            )  # fmt: skip
        except (duckdb.ProgrammingError, duckdb.DataError) as error:
            if any(parameter.kind == "query" for parameter in spec.parameters):
                raise query_failed(error) from None
            raise
    origin = (result.origin or primary if known_rows else None) or previous
    change = measure(store, origin.relation if origin else None, origin.columns if origin else (), table, columns)
    report.ledgers.append(RowLedger(name, change, result.merged, dict(result.reasons)))
    if wants_sample and origin is not None:
        report.sample += sample(store, origin.relation, origin.columns, table, columns)
    base = primary if primary and primary.name == name else None
    return Dataset(
        name=previous.name if previous else name, relation=table, columns=columns, rows=change.rows_out, keys=key,
        schema=result.schema or (base.schema if base else None) or (previous.schema if previous else None),
        version=version, fingerprint=fingerprint, reading=primary.reading if primary else None,
        origin=primary.origin if primary else None,
    )  # fmt: skip


def _previous(runner: Runner, name: str, primary: Dataset | None) -> Dataset | None:
    """The state of the target before this step; the input itself where the step renews it."""
    if primary is not None and primary.name == name:
        return primary
    if name.casefold() in {known.casefold() for known in runner.dataset_names()}:
        return runner.dataset("dataset:" + name)
    return None


def _as_query(rows: SQL | Loaded | None) -> SQL:
    """A step may name a table or write a query; either is a query here. No query begins with a quoted name."""
    assert isinstance(rows, Composable)  # noqa: S101 - the caller has told the other cases apart
    query = rows.__sql__()
    return sql("from {name}", name=query) if _TABLE_NAME.fullmatch(query.text) else query


def _write_inputs(runner: Runner, step: int, result: Result, datasets: list[Dataset]) -> None:
    table = sql("_crmctl.inputs")
    for read in result.inputs:
        runner.store.insert(
            table, run=runner.run, step=step, kind="file", name=read.path, sha256=read.sha256, size=read.size,
            records=read.ledger.read, decision=read.decision,
        )  # fmt: skip
    for dataset in datasets:
        reading = dataset.reading if dataset.version is None else None
        runner.store.insert(
            table, run=runner.run, step=step, kind="dataset" if reading is None else "file", name=dataset.name,
            sha256=reading.sha256 if reading else None, size=reading.size if reading else None,
            records=dataset.rows, version=dataset.version,
        )  # fmt: skip


def _write_remarks(
    runner: Runner, report: StepReport, result: Result, target: Dataset | None, origin: Dataset | None
) -> None:
    """Findings and rejects, with the source and line of their rows."""
    store, run, step = runner.store, runner.run, report.step
    rows = origin or target
    for table, name, relation in _findings(result, target, rows):
        store.execute(
            sql(
                "insert into _crmctl.findings select {run}, {step}, {dataset}, f._id, f.field, f.status, f.reason,"
                " f.value, f.new_value, r._source, r._line from {findings} f left join {rows} r using (_id)",
                run=run,
                step=step,
                dataset=name,
                findings=table,
                rows=relation,
            )
        )
        counts = store.rows(sql("select status, count(*) from {f} group by 1 order by 1", f=table))
        for status, count in counts:
            report.findings[str(status)] = report.findings.get(str(status), 0) + int(count)
    if result.rejects is not None and target is not None:
        store.execute(
            sql(
                "insert into _crmctl.rejects select {run}, {step}, {dataset}, _id, source, file, line, reason, raw"
                " from {rejects}",
                run=run,
                step=step,
                dataset=target.name,
                rejects=result.rejects,
            )
        )


def _findings(result: Result, target: Dataset | None, rows: Dataset | None) -> list[tuple[SQL, str, SQL]]:
    """Tables of findings, each with the dataset they speak of and the rows they point at."""
    found = [(table, dataset.name, dataset.relation) for dataset, table in result.findings_of]
    if result.findings is not None and target is not None and rows is not None:
        found.append((result.findings, target.name, rows.relation))
    return found


def _write_side(store: Store, run: int, result: Result) -> None:
    for table, query in result.side.items():
        names = [name for name, _ in stored_columns(store, sql("({query})", query=query))]
        store.execute(
            sql(
                "insert into _crmctl.{table} (run, {names}) select {run}, {names} from ({query})",
                table=ident(table),
                names=idents(names),
                run=run,
                query=query,
            )
        )
