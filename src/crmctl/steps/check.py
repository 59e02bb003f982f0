"""`check`: data quality with an exit code, and the rows that fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from crmctl import checks as quality
from crmctl import messages
from crmctl.atomic import replacing
from crmctl.checks import Check, CheckReport
from crmctl.errors import UsageError, did_you_mean
from crmctl.run.checking import failing_rows, reference_tables
from crmctl.schema import guess_schema, load_schema
from crmctl.schema.column import Column
from crmctl.sql import SQL, join, sql
from crmctl.step import Context, Dataset, InputFile, OutputFile, Result, SchemaName, as_of, context, step

_COLUMNS = (
    Column("dataset", "dataset", labels={"en": "Dataset", "zh": "数据集"}),
    Column("check", "check", labels={"en": "Check", "zh": "检查"}),
    Column("field", "field", labels={"en": "Field", "zh": "字段"}),
    Column("outcome", "outcome", labels={"en": "Outcome", "zh": "结果"}),
    Column("failed", "failed", "integer", labels={"en": "Failed", "zh": "不合格"}),
    Column("rows", "rows", "integer", labels={"en": "Rows", "zh": "行数"}),
    Column("message", "message", labels={"en": "Message", "zh": "说明"}),
)
_WRITERS: dict[str, Callable[[CheckReport], str]] = {
    "junit": quality.to_junit,
    "markdown": quality.to_markdown,
    "github": quality.to_github,
}


@step(kind="answer", records=True)
def check(
    datasets: list[Dataset],
    *,
    schema: SchemaName | None = None,
    checks: InputFile | None = None,
    report: dict[str, OutputFile] | None = None,
    fail_on: Literal["warn", "error", "never"] = "error",
    failures: OutputFile | None = None,
    unmask: bool = False,
    allow_empty: bool = False,
) -> Result:
    """Check data against a schema; exit code 1 when a check fails.

    All row checks of a dataset take one pass. Blank values fail only what is required. The failing rows keep their
    source file and line.

    Args:
        datasets: What to check.
        schema: The schema; by default the one they were imported with, or the one that fits the headers.
        checks: A file with further checks.
        report: Result files by format, such as junit=results.xml; also markdown and github.
        fail_on: The worst outcome that still ends with exit code 0 is the one before this.
        failures: Write the failing rows to this file.
        unmask: Show personal values of failing rows in full.
        allow_empty: Data without a row are fine.

    Examples:
        crmctl check examples/contacts.csv --schema customer --fail-on never
        crmctl check contacts --failures failing.csv
    """
    run = context()
    extra = _extra(checks)
    found = [(dataset, _check_one(run, dataset, schema, extra, unmask, allow_empty)) for dataset in datasets]
    _tell(run, found)
    files = _write_reports(report or {}, found) if not run.dry_run else []
    if failures is not None and not run.dry_run:
        failing_rows(run, [(dataset.name, each.failures) for dataset, each in found], failures)
        files += [] if failures == "-" else [failures.path]
    return Result(
        answer=_answer(found), answer_columns=_COLUMNS, files=files, side={"check_results": _kept(run, found)},
        findings_of=_findings(found), failure=_failure(found, fail_on),
    )  # fmt: skip


def _tell(run: Context, found: list[tuple[Dataset, CheckReport]]) -> None:
    """One line for each dataset, and one for each check that did not pass."""
    for dataset, each in found:
        run.note(
            messages.translate(
                "{dataset}: {passed} checks passed, {warned} gave a warning, {failed} failed, {skipped} skipped",
                dataset=dataset.name,
                passed=each.passed,
                warned=each.warned,
                failed=each.failed,
                skipped=each.skipped,
            )
        )
        for result in each.results:
            if result.outcome in ("failed", "warned"):
                run.note(f"  {messages.term(result.outcome)}: {result.name}: {result.message}")


def _extra(file: InputFile | None) -> list[Check]:
    return quality.load_checks(str(file)) if file is not None else []


def _check_one(
    run: Context, dataset: Dataset, schema: str | None, extra: list[Check], unmask: bool, allow_empty: bool
) -> CheckReport:
    name = schema or dataset.schema
    chosen = load_schema(name) if name else guess_schema([column.header for column in dataset.columns])
    wanted = [*(quality.schema_checks(chosen, dataset.columns) if chosen else []), *extra]
    if not wanted:
        raise UsageError("nothing to check in {name}", cure="name a --schema or a --checks file", name=dataset.name)
    return quality.run_checks(
        run.con, dataset.relation, dataset.columns, wanted, references=reference_tables(run, dataset, wanted),
        as_of=as_of(), allow_empty=allow_empty, show_pii=unmask,
    )  # fmt: skip


def _write_reports(wanted: Mapping[str, str], found: list[tuple[Dataset, CheckReport]]) -> list[Path]:
    together = _together(found)
    files = []
    for name, target in wanted.items():
        if name not in _WRITERS:
            near = did_you_mean(name, _WRITERS) or ", ".join(_WRITERS)
            raise UsageError("no report format {name!r}", cure="did you mean {near}?", name=name, near=near)
        path = Path(target)
        with replacing(path) as stream:
            stream.write(_WRITERS[name](together).encode())
        files.append(path)
    return files


def _together(found: list[tuple[Dataset, CheckReport]]) -> CheckReport:
    """Several datasets' results as one report, each under its dataset's name."""
    if len(found) == 1:
        return found[0][1]
    results = [replace(r, name=f"{dataset.name}: {r.name}") for dataset, each in found for r in each.results]
    return CheckReport(results, found[0][1].failures, sum(each.rows for _, each in found))


def _rows(found: list[tuple[Dataset, CheckReport]]) -> list[SQL]:
    return [
        sql(
            "({dataset}, {name}, {kind}, {field}, {severity}, {outcome}, {failed}, {rows}, {message})",
            dataset=dataset.name, name=result.name, kind=result.kind, field=result.field,
            severity=result.check.severity, outcome=result.outcome, failed=result.failed, rows=result.rows,
            message=result.message,
        )
        for dataset, each in found
        for result in each.results
    ]  # fmt: skip


def _table(found: list[tuple[Dataset, CheckReport]]) -> SQL:
    return sql(
        "(values {rows}) t(dataset, name, kind, field, severity, outcome, failed, rows, message)",
        rows=join(_rows(found)),
    )


def _answer(found: list[tuple[Dataset, CheckReport]]) -> SQL:
    return sql('select dataset, name as "check", field, outcome, failed, rows, message from {t}', t=_table(found))


def _kept(run: Context, found: list[tuple[Dataset, CheckReport]]) -> SQL:
    return sql(
        "select {step} as step, dataset, name, kind, field, severity, rows, failed, outcome, message from {t}",
        step=run.step, t=_table(found),
    )  # fmt: skip


def _findings(found: list[tuple[Dataset, CheckReport]]) -> list[tuple[Dataset, SQL]]:
    """The failing rows, as findings of their datasets."""
    columns = sql("_id, field, 'failed' as status, check_name as reason, value, null::varchar as new_value")
    return [(dataset, sql("(select {columns} from {f})", columns=columns, f=each.failures)) for dataset, each in found]


def _failure(found: list[tuple[Dataset, CheckReport]], fail_on: str) -> str | None:
    failed = sum(each.failed for _, each in found)
    warned = sum(each.warned for _, each in found)
    if fail_on == "never" or not (failed or (warned and fail_on == "warn")):
        return None
    return messages.translate("{failed} checks failed, {warned} gave a warning", failed=failed, warned=warned)
