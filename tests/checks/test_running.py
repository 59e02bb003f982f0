"""Running checks: what is found, listed, refused and left alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.checks import load_checks, mask, parse_check, run_checks, to_markdown
from crmctl.errors import UsageError
from crmctl.schema.column import Column
from crmctl.sql import sql

TYPES = {'e "mail"': "email", "select": "integer", "手机": "mobile", "a'b": "text", "from": "date", "x;--": "id"}
CHECKS: list[dict[str, Any]] = [
    {"kind": "required", "field": 'e "mail"'},
    {"kind": "type", "field": 'e "mail"'},
    {"kind": "unique", "field": "x;--"},
    {"kind": "range", "field": "select", "min": 0, "max": 120},
    {"kind": "type", "field": "手机"},
    {"kind": "length", "field": "a'b", "max": 5},
    {"kind": "values", "field": "a'b", "values": ["VIP", "普通", "toolong"]},
    {"kind": "pattern", "field": "x;--", "pattern": r"C\d+"},
    {"kind": "type", "field": "from"},
    {"kind": "reference", "field": "x;--", "to": 'the "others"', "to_field": "id"},
    {"kind": "condition", "condition": "not `a'b` = VIP or select >= 18", "field": "select"},
    {"kind": "row_count", "min": 5, "max": 100},
]


def _good(number: int) -> list[str | None]:
    return [f"u{number}@例子.cn", "30", f"138{number:08d}", "VIP" if number % 2 else "普通", "2024-02-29", f"C{number}"]


def _planted() -> list[list[str | None]]:
    """Fifty good rows on lines 2 to 51, eleven of them spoilt in one cell each, with blanks that spoil nothing."""
    rows = [_good(number) for number in range(50)]
    rows[0][1] = rows[1][2] = rows[2][4] = None
    for row, column, value in [
        (10, 0, "  "), (11, 0, None), (12, 0, "nobody at home"), (13, 5, "C14"), (15, 1, "121"),
        (18, 2, "n/a"), (20, 3, "toolong"), (22, 3, "vip"), (24, 5, "X1"), (26, 4, "2023-02-29"), (29, 1, "17"),
    ]:  # fmt: skip
        rows[row][column] = value
    return rows


def _others() -> dict[str, dict[str, list[str]]]:
    return {'the "others"': {"id": [*(f"C{number}" for number in range(50) if number != 40), "X1"]}}


def test_twelve_planted_defects_are_found_on_their_lines_and_none_besides(run: Any) -> None:
    rows = _planted()
    report, failures = run(TYPES, rows, CHECKS, references=_others())
    # Line = index + 2; the twelfth is C40, which is not among the others. Both of a pair of duplicates are listed.
    expected = [
        ("required", 12), ("required", 13), ("type", 14), ("unique", 15), ("unique", 16), ("range", 17),
        ("type", 20), ("length", 22), ("values", 24), ("pattern", 26), ("type", 28), ("condition", 31),
        ("reference", 42),
    ]  # fmt: skip
    assert sorted((name.split("(")[0], line) for name, line, _, _ in failures) == sorted(expected)
    assert report.outcome == "failed"
    assert (report.passed, report.warned, report.failed, report.skipped) == (1, 0, 11, 0)


def test_good_rows_pass_every_check(run: Any) -> None:
    report, failures = run(TYPES, [_good(number) for number in range(40)], CHECKS, references=_others())
    assert (report.outcome, report.passed, failures) == ("passed", len(CHECKS), [])


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(50)), st.integers(0, 3))
def test_the_order_of_rows_changes_nothing(run: Any, order: list[int], sample: int) -> None:
    usual, usual_failures = run(TYPES, _planted(), CHECKS, references=_others(), sample=sample)
    report, failures = run(TYPES, _planted(), CHECKS, references=_others(), sample=sample, order=order)
    assert (report.to_dict(), failures) == (usual.to_dict(), usual_failures)


def test_a_sample_is_the_first_lines_of_each_check(run: Any) -> None:
    checks = [{"kind": "required", "field": "a"}, {"kind": "length", "field": "a", "max": 1}]
    report, failures = run({"a": "text"}, [[""], ["xx"]] * 20, checks, sample=2)
    assert [(name, line) for name, line, _, _ in failures] == [
        ("required(a)", 2), ("required(a)", 4), ("length(a)", 3), ("length(a)", 5),
    ]  # fmt: skip
    assert [result.failed for result in report.results] == [20, 20]


def test_all_row_level_checks_share_one_scan(con: duckdb.DuckDBPyConnection, table: Any) -> None:
    statements: list[str] = []

    class Counting:
        def execute(self, text: str, values: Any = None) -> Any:
            statements.append(text)
            return con.execute(text, values)

    relation = table(con, "scanned", ["a", "b"], [["1", "2"], ["3", "4"]])
    kinds: list[dict[str, Any]] = [
        {"kind": "required"}, {"kind": "length", "max": 5}, {"kind": "values", "values": [1, 2, 3, 4]},
    ]  # fmt: skip
    checks = [parse_check({**kind, "field": field}) for kind in kinds for field in "ab"]
    columns = [Column(name, name) for name in "ab"]
    run_checks(Counting(), relation, columns, checks, references={}, as_of=dt.datetime(2025, 1, 1))  # type: ignore[arg-type]  # it only executes
    # The table of failures is created without a failing check, hence with `where false`.
    assert [text for text in statements if '"scanned"' in text and "where false" not in text] == [statements[0]]


def test_an_empty_input_is_one_failed_row_count(run: Any) -> None:
    report, _ = run(TYPES, [], CHECKS[:3])
    assert [(result.name, result.outcome) for result in report.results] == [
        ("row_count(1..)", "failed"), ('required(e "mail")', "passed"), ('type(e "mail")', "passed"),
        ("unique(x;--)", "passed"),
    ]  # fmt: skip
    assert report.results[0].message == "0 rows, expected 1.."


def test_an_empty_input_is_fine_where_it_is_allowed(run: Any) -> None:
    assert run(TYPES, [], CHECKS[:3], allow_empty=True)[0].outcome == "passed"
    assert run(TYPES, [], [{"kind": "row_count", "min": 0}])[0].outcome == "passed"


def test_an_own_row_count_does_not_fail_twice(run: Any) -> None:
    report, _ = run(TYPES, [], [{"kind": "row_count", "min": 3}])
    assert (len(report.results), report.failed) == (1, 1)


def test_an_own_count_of_some_rows_keeps_its_name_beside_the_implied_one(run: Any) -> None:
    check = {"kind": "row_count", "min": 1, "where": "a = x"}
    assert [result.name for result in run({"a": "text"}, [["x"]], [check])[0].results] == ["row_count(1..)"]
    assert [result.name for result in run({"a": "text"}, [], [check])[0].results] == [
        "row_count(1..) #2",
        "row_count(1..)",
    ]


def test_no_check_at_all_is_not_called_passed(run: Any) -> None:
    assert run(TYPES, [_good(1)], [])[0].outcome == "skipped"


def test_what_is_written_twice_is_run_once_and_namesakes_are_told_apart(run: Any) -> None:
    checks = [
        {"kind": "pattern", "field": "a", "pattern": "x"}, {"kind": "pattern", "field": "a", "pattern": "y"},
        {"kind": "pattern", "field": "a", "pattern": "x", "owner": "li"},
    ]  # fmt: skip
    report, failures = run({"a": "text"}, [["x"]], checks)
    assert [(result.name, result.outcome) for result in report.results] == [
        ("pattern(a)", "passed"), ("pattern(a) #2", "failed"),
    ]  # fmt: skip
    assert [name for name, *_ in failures] == ["pattern(a) #2"]


def test_personal_values_are_masked_unless_asked_for(run: Any) -> None:
    checks = [{"kind": "pattern", "field": "手机", "pattern": "x"}, {"kind": "unique", "fields": ["手机", "a"]}]
    rows = [["13800138000", "A"], ["13800138000", "A"]]
    report, failures = run({"手机": "mobile", "a": "text"}, rows, checks, pii=["手机"])
    assert {value for *_, value in failures} == {"1**********", "1********** | A"}
    assert "13800138000" not in str(report.to_dict()) + to_markdown(report)
    _, shown = run({"手机": "mobile", "a": "text"}, rows, checks, pii=["手机"], show_pii=True)
    assert {value for *_, value in shown} == {"13800138000", "13800138000 | A"}


@pytest.mark.parametrize("value", ["", "x", "ab", "王小明", "  x", "👨‍👩‍👧", "a\nb"])
def test_the_mask_is_the_same_in_python_and_in_the_table(run: Any, value: str) -> None:
    _, failures = run({"a": "text"}, [[value], ["y"]], [{"kind": "condition", "condition": "a = y", "field": "a"},
                                                        {"kind": "required", "field": "a"}], pii=["a"])  # fmt: skip
    assert [shown for *_, shown in failures] == [mask(value)]


def test_a_mask_never_shows_a_whole_value() -> None:
    assert (mask("13800138000"), mask("王伟"), mask("王"), mask(""), mask(None)) == (
        "1" + "*" * 10,
        "王*",
        "*",
        "",
        None,
    )


def test_a_field_goes_by_header_and_label_too(con: duckdb.DuckDBPyConnection, table: Any) -> None:
    relation = table(con, "labelled", ["mobile"], [[""]])
    columns = [Column("mobile", "手机号 ", "mobile", labels={"en": "Mobile phone", "zh": "手机"})]
    for word in ("mobile", "手机号 ", "手机", "mobile PHONE"):
        report = run_checks(
            con, relation, columns, [parse_check({"kind": "required", "field": word})],
            references={}, as_of=dt.datetime(2025, 1, 1),
        )  # fmt: skip
        assert report.failed == 1, word


def test_everything_that_cannot_be_carried_out_is_refused_at_once_with_its_place(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        """checks:
  - {kind: required, field: nmae}
  - {kind: pattern, field: name, pattern: '(?<=a)b'}
  - {kind: range, field: day, min: soon}
  - {kind: range, field: day, min: '2025-01-02', max: '2025-01-01'}
  - {kind: type, field: name}
  - {kind: condition, condition: 'nmae = x'}
  - {kind: required, field: name, where: 'name ='}
  - {kind: reference, field: name, to: others, to_field: nr}
""",
        encoding="utf-8",
    )
    with pytest.raises(UsageError) as caught:
        run({"name": "text", "day": "date"}, [["a", ""]], load_checks(path), references={"others": {"id": ["1"]}})
    found = [str(part).replace(f"{path}:", "") for part in caught.value.parts]
    expected = [
        "did you mean 'name'?", "cannot be read: ", "the bound 'soon' is not a date", "is above max",
        "every text fits the type 'text'", "did you mean 'name'?", "expected a value", "no column called 'nr'",
    ]  # fmt: skip
    assert len(found) == len(expected)
    for line, (error, says) in enumerate(zip(found, expected, strict=True), start=2):
        assert error.startswith(f"{line}:"), error
        assert says in error


def test_an_odd_pattern_is_a_usage_error_and_no_traceback(run: Any) -> None:
    with pytest.raises(UsageError) as caught:
        run({"a": "text"}, [["x"]], [{"kind": "pattern", "field": "a", "pattern": "("}])
    assert caught.value.exit_code == 2
    assert "RE2" in caught.value.cure


def test_columns_called_like_our_own_aliases_are_no_trouble(run: Any) -> None:
    names = ["k", "n", "hit", "tie", "position", "value", "field", "check_name", "Kind", "severity"]
    checks: list[dict[str, Any]] = [{"kind": "unique", "field": name} for name in names]
    checks += [{"kind": "unique", "fields": ["k", "n"]}, {"kind": "values", "fields": names, "values": ["b"]}]
    report, failures = run(dict.fromkeys(names, "text"), [["a"] * 10, ["a"] * 10, ["b"] * 10], checks)
    assert [(result.rows, result.failed) for result in report.results] == [(3, 1)] * 11 + [(3, 2)] * 10
    assert {line for _, line, _, _ in failures} == {2, 3}
    assert len(failures) == 42


def test_nothing_outside_the_engine_is_needed(con: duckdb.DuckDBPyConnection, run: Any) -> None:
    for setting in (
        "autoinstall_known_extensions = false", "autoload_known_extensions = false", "enable_external_access = false",
    ):  # fmt: skip
        con.execute(f"set {setting}")
    assert run(TYPES, _planted(), CHECKS, references=_others(), con=con)[0].failed == 11


def test_values_with_quotes_and_code_in_them_stay_values(run: Any) -> None:
    nasty = "'); drop table x; --"
    report, _ = run({"a": "text"}, [[nasty], ["b"]], [{"kind": "values", "field": "a", "values": [nasty]}])
    assert report.results[0].failed == 1


def test_rows_of_one_line_are_listed_alike_whatever_their_order(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "create table doubled as select i::bigint as _id, 's' as _source, 7::bigint as _line, "
        "chr((97 + i)::integer) as a from range(9) t(i)"
    )
    check = parse_check({"kind": "values", "field": "a", "values": ["z"]})
    listed = []
    for order in (sql("asc"), sql("desc")):
        relation = sql("(select * from doubled order by _id {order})", order=order)
        report = run_checks(
            con, relation, [Column("a", "a")], [check], references={}, as_of=dt.datetime(2025, 1, 1), sample=3
        )
        listed.append(con.execute(sql("select value from {table}", table=report.failures).text).fetchall())
    assert listed[0] == listed[1]
    assert len(listed[0]) == 3
