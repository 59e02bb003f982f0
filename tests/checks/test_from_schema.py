"""What a schema expects of data."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from crmctl.checks import schema_checks
from crmctl.errors import UsageError
from crmctl.schema import Schema, load_schema, shipped_schemas
from crmctl.schema.column import Column

SCHEMA = {
    "name": "member",
    "key": ["id", "shop"],
    "fields": {
        "id": {"type": "id", "required": True, "pattern": "M[0-9]+"},
        "shop": {"type": "text"},
        "手机": {"type": "mobile", "unique": True, "pii": True},
        "grade": {"type": "enum", "values": ["金", "银"], "labels": {"zh": "等级"}},
        "born": {"type": "date", "min": "1900-01-01", "max": "2025-01-01"},
        "note": {"type": "notes", "max_length": 4},
        "boss": {"type": "id"},
        "boss_source": {"type": "text"},
    },
    "references": [{"field": "boss", "to": "people", "to_field": "id", "source_field": "boss_source"}],
    "checks": [{"kind": "condition", "condition": "等级 is not missing or note is not missing"}],
}


def _schema(**changes: Any) -> Schema:
    return Schema.model_validate({**SCHEMA, **changes})


def _columns(schema: Schema, *names: str) -> list[Column]:
    return [schema.fields[name].column(name) for name in names or schema.fields]


def _types(columns: list[Column]) -> dict[str, str]:
    return {column.name: column.type for column in columns}


def test_fields_key_references_and_own_checks_become_checks() -> None:
    schema = _schema()
    assert [check.title for check in schema_checks(schema, _columns(schema))] == [
        "required(id)", "pattern(id)", "unique(手机)", "type(手机)", "values(grade)", "type(born)", "range(born)",
        "length(note)", "unique(id, shop)", "reference(boss -> people.id)",
        "condition(等级 is not missing or note is not missing)",
    ]  # fmt: skip


def test_a_missing_required_column_fails_and_others_are_skipped_and_counted(run: Any) -> None:
    schema = _schema()
    columns = _columns(schema, "grade")
    report, failures = run(_types(columns), [["金"], ["铜"]], schema_checks(schema, columns))
    required = report.results[0]
    assert (required.outcome, required.rows, required.failed) == ("failed", 2, 2)
    assert required.message == "column missing: id"
    assert (report.passed, report.failed, report.skipped) == (0, 2, 9)
    assert [(name, line) for name, line, _, _ in failures] == [("values(grade)", 3)]


def test_one_damaged_date_is_one_failure(run: Any) -> None:
    schema = _schema(key=[], references=[], checks=[])
    columns = _columns(schema, "id", "born")
    _, failures = run(_types(columns), [["M1", "2024-13-01"], ["M2", "1899-12-31"]], schema_checks(schema, columns))
    assert [(name, line) for name, line, _, _ in failures] == [("type(born)", 2), ("range(born)", 3)]


def test_a_key_may_recur_in_another_source(con: Any, table: Any, run: Any) -> None:
    import datetime as dt

    from crmctl.checks import run_checks
    from crmctl.sql import sql

    schema = Schema.model_validate({"name": "m", "key": ["id"], "fields": {"id": {"type": "id"}}})
    first = table(con, "first", ["id"], [["1"], ["2"]], source="shop-a")
    second = table(con, "second", ["id"], [["1"], ["1"]], source="shop-b")
    both = sql("(select * from {first} union all select * from {second})", first=first, second=second)
    columns = _columns(schema)
    report = run_checks(
        con, both, columns, schema_checks(schema, columns), references={}, as_of=dt.datetime(2025, 1, 1)
    )
    assert [(result.rows, result.failed) for result in report.results] == [(4, 1)]


def test_a_reference_without_the_column_that_names_the_source_looks_in_all(run: Any) -> None:
    schema = _schema(checks=[])
    columns = _columns(schema, "id", "boss")
    _, failures = run(
        _types(columns),
        [["M1", "7"], ["M2", "8"]],
        schema_checks(schema, columns),
        references={"people": {"id": ["7"]}},
    )
    assert [(name, line) for name, line, _, _ in failures] == [("reference(boss -> people.id)", 3)]


def test_a_referred_dataset_without_the_field_is_skipped(run: Any) -> None:
    schema = _schema(checks=[])
    columns = _columns(schema, "id", "boss")
    report, _ = run(
        _types(columns), [["M1", "7"]], schema_checks(schema, columns), references={"people": {"nr": ["7"]}}
    )
    [reference] = [result for result in report.results if result.kind == "reference"]
    assert (reference.outcome, reference.message) == ("skipped", "people has no field id")


def test_a_slip_in_the_schemas_own_checks_is_refused(run: Any) -> None:
    schema = _schema(checks=[{"kind": "required", "field": "grad"}])
    columns = _columns(schema)
    with pytest.raises(UsageError, match="did you mean 'grade'"):
        run(_types(columns), [[None] * 8], schema_checks(schema, columns))


@pytest.mark.parametrize("name", shipped_schemas())
def test_every_shipped_schema_can_be_checked(run: Any, name: str) -> None:
    schema = load_schema(name)
    columns = _columns(schema)
    report, _ = run(_types(columns), [[None] * len(columns)], schema_checks(schema, columns))
    failed = Counter(result.kind for result in report.results if result.outcome == "failed")
    assert set(failed) <= {"required", "condition"}
