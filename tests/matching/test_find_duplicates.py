from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmctl.errors import UsageError
from crmctl.matching import MatchSettings, evaluate, find_duplicates
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, sql
from crmctl.yamlfile import load

CASES = load(Path(__file__).parent / "pairs.yaml").data
CASE_COLUMNS = [
    Column("名", "名", "given_name"), Column("select", "select", "family_name"), Column("birthday", "birthday", "date"),
    Column('e "mail"', 'e "mail"', "email"), Column("手机", "手机", "mobile"), Column("city", "city", "city"),
    Column("street", "street", "street"), Column("postal_code", "postal_code", "postal_code"),
]  # fmt: skip


def ask(con, query: SQL) -> list[tuple[object, ...]]:
    return con.execute(query.text, query.values).fetchall()


def groups(con, matches) -> set[frozenset[int]]:
    rows = ask(con, sql("select list(_id) from {c} group by cluster", c=matches.clusters))
    return {frozenset(members) for (members,) in rows}


def strangers(count: int) -> list[list[str]]:
    """Rows that have nothing to do with any case, so that the weights have something to learn from."""
    rng = random.Random(5)  # noqa: S311 - seeded test data
    letters = "bcdfglmnprst"

    def word() -> str:
        return "".join(rng.choice(letters) + rng.choice("aeiou") for _ in range(4))

    return [
        [word(), word(), f"{1940 + rng.randrange(60)}-{1 + rng.randrange(12):02d}-{1 + rng.randrange(28):02d}",
         f"{word()}@{word()}.com", f"0{rng.randrange(10**9, 10**10)}", word(), f"{rng.randrange(99)} {word()}", word()]
        for _ in range(count)
    ]  # fmt: skip


def check(case, found: set[frozenset[int]]) -> None:
    if "same" in case:
        assert {group for group in found if len(group) > 1} == {frozenset(group) for group in case["same"]}
    for pair in case.get("apart", []):
        assert not any(set(pair) <= group for group in found)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_cases_hold_alone(con, table, case) -> None:
    relation = table(CASE_COLUMNS, case["rows"], ids=range(len(case["rows"])))
    check(case, groups(con, find_duplicates(con, relation, CASE_COLUMNS)))


def test_the_cases_hold_in_a_crowd(con, table) -> None:
    rows = [row for case in CASES for row in case["rows"]] + strangers(300)
    found = groups(con, find_duplicates(con, table(CASE_COLUMNS, rows, ids=range(len(rows))), CASE_COLUMNS))
    start = 0
    for case in CASES:
        own = range(start, start + len(case["rows"]))
        assert all(group <= set(own) for group in found if group & set(own)), case["name"]
        check(case, {frozenset(n - start for n in group) for group in found if group & set(own)})
        start = own.stop


def test_every_row_is_in_exactly_one_cluster_named_after_its_smallest_id(con, table, people) -> None:
    made = people(300)
    made.rows[7] = [None] * len(made.rows[7])
    made.rows[8] = [" "] * len(made.rows[8])
    relation = table(columns(), made.rows, ids=[1000 - n for n in range(len(made.rows))])
    matches = find_duplicates(con, relation, columns())
    assert ask(con, sql("select count(*), count(distinct _id) from {c}", c=matches.clusters)) == [(len(made.rows),) * 2]
    unsound = sql(
        "select cluster from {c} group by cluster"
        " having min(_id) <> cluster or not bool_and(probability between 0 and 1)",
        c=matches.clusters,
    )
    assert ask(con, unsound) == []
    assert matches.counts["rows"] == matches.counts["clusters"] + matches.counts["duplicates"] == len(made.rows)


def test_pairs_name_the_smaller_row_first_and_merged_pairs_are_in_one_cluster(con, table, people) -> None:
    made = people(600)
    matches = find_duplicates(con, table(columns(), made.rows), columns())
    bands = {band for (band,) in ask(con, sql("select distinct band from {p}", p=matches.pairs))}
    assert bands <= {"merge", "review", "vetoed"}
    unsound = sql(
        "select * from {p} join {c} a on a._id = left_id join {c} b on b._id = right_id"
        " where left_id >= right_id or (band = 'merge' and a.cluster <> b.cluster)",
        p=matches.pairs, c=matches.clusters,
    )  # fmt: skip
    assert ask(con, unsound) == []
    rules = {rule for (rule,) in ask(con, sql("select distinct rule from {p}", p=matches.pairs))}
    assert {"score", "exact e-mail + given name", "exact phone + given name"} <= rules


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_neither_the_order_of_the_rows_nor_their_ids_change_the_result(con, table, people, seed) -> None:
    made = people(100, seed=seed % 3, duplicates=0.4)
    count = len(made.rows)
    rng = random.Random(seed)  # noqa: S311 - seeded test data
    order, numbers = rng.sample(range(count), count), rng.sample(range(10**6), count)
    first = find_duplicates(con, table(columns(), made.rows, ids=range(count)), columns())
    expected, expected_pairs = groups(con, first), shown_pairs(con, first, dict(enumerate(range(count))))
    second = find_duplicates(con, table(columns(), [made.rows[i] for i in order], ids=numbers), columns())
    back = dict(zip(numbers, order, strict=True))
    assert {frozenset(back[n] for n in group) for group in groups(con, second)} == expected
    assert len(shown_pairs(con, second, back)) == len(expected_pairs)
    assert shown_scores(con, first) == shown_scores(con, second)


def shown_pairs(con, matches, back) -> set[frozenset[int]]:
    rows = ask(con, sql("select left_id, right_id from {p}", p=matches.pairs))
    return {frozenset((back[a], back[b])) for a, b in rows}


def shown_scores(con, matches) -> list[tuple[object, ...]]:
    return ask(con, sql("select probability, rule, band from {p} order by all", p=matches.pairs))


@pytest.mark.parametrize("seed", [2])
def test_the_made_customers_are_found_with_few_mistakes(con, table, people, seed) -> None:
    made = people(1500, seed=seed)
    matches = find_duplicates(con, table(columns(), made.rows, ids=range(len(made.rows))), columns())
    con.execute("create table truth (_id bigint, person bigint)")
    con.execute("insert into truth select unnest(range(?)), unnest(?)", [len(made.truth), made.truth])
    result = evaluate(con, matches.clusters, ident("truth"))
    assert result.precision >= 0.99
    assert result.f1 >= 0.97


SHARED = Path(__file__).parents[3] / "shared" / "data" / "fake_1000.csv"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data sets are not beside the repository")
def test_fake_1000_is_matched_with_the_defaults(con) -> None:
    con.execute(
        "create table people as select unique_id::bigint as _id, 'f' as _source, 0::bigint as _line, * exclude"
        " (cluster),"
        " cluster as person from read_csv(?, all_varchar = true)",
        [str(SHARED)],
    )
    fields = {"first_name": "given_name", "surname": "family_name", "dob": "date", "city": "city", "email": "email"}
    matches = find_duplicates(con, ident("people"), [Column(name, name, kind) for name, kind in fields.items()])
    result = evaluate(con, matches.clusters, ident("people"))
    assert result.true_pairs == 2031
    assert result.precision >= 0.98
    assert result.f1 >= 0.92


def test_a_hundred_thousand_equal_rows_are_one_customer_within_seconds(con) -> None:
    con.execute(
        "create table t as select range as _id, 'f' as _source, range as _line, 'Ann' as given_name, 'Lee' as"
        " family_name,"
        " 'ann@lee.uk' as email from range(100000)"
    )
    started = time.perf_counter()
    matches = find_duplicates(con, ident("t"), [Column(n, n, n) for n in ("given_name", "family_name", "email")])
    assert matches.counts["clusters"] == 1
    assert ask(con, sql("select count(*) from {p}", p=matches.pairs)) == [(99_999,)]
    assert time.perf_counter() - started < 20


def test_ten_thousand_people_of_one_name_and_city_stay_bounded_and_apart(con) -> None:
    con.execute(
        "create table t as select range as _id, 'f' as _source, range as _line, '伟' as given_name, '王' as family_name"
        ","
        " '北京' as city, '139' || lpad(((range // 2) * 7919 % 100000000)::varchar, 8, '0') as phone from range(10000)"
    )
    columns_here = [Column(n, n, n) for n in ("given_name", "family_name", "city", "phone")]
    matches = find_duplicates(con, ident("t"), columns_here)
    assert matches.counts["candidates"] < 200_000
    assert matches.counts["clusters"] == 5000


def test_one_customer_with_many_addresses_stays_one(con, table) -> None:
    rows = [["Ann", "Lee", "", "ann@lee.uk", "", f"City {n}", f"{n} {n * 7} Road", ""] for n in range(150)]
    assert find_duplicates(con, table(CASE_COLUMNS, rows), CASE_COLUMNS).counts["clusters"] == 1


def test_the_number_of_threads_changes_nothing(con, table, people) -> None:
    relation = table(columns(), people(300).rows)
    results = []
    for threads in (1, 4):
        con.execute("set threads = ?", [threads])
        matches = find_duplicates(con, relation, columns())
        tables = [ask(con, sql("select * from {t} order by all", t=t)) for t in (matches.clusters, matches.pairs)]
        results.append((tables, matches.notes, matches.counts))
    assert results[0] == results[1]


def test_a_phone_of_many_different_names_counts_as_missing(con, table) -> None:
    families = ["Abbot", "Barlow", "Corden", "Dorset", "Eldridge", "Fordham", "Garrick", "Holt", "Ingham", "Jarvis"]
    rows = [["Tom", family, "", "", "400 820 8820", "Leeds", "", ""] for family in families]
    matches = find_duplicates(con, table(CASE_COLUMNS, rows), CASE_COLUMNS)
    assert matches.counts["clusters"] == 10
    assert any(note.startswith("phones shared by too many names") for note in matches.notes)


def test_a_full_name_is_split_where_the_parts_are_missing(con, table) -> None:
    fields = [Column("姓名", "姓名", "name"), Column("phone", "phone", "phone")]
    rows = [["欧阳娜娜", "13900001111"], ["欧阳 娜娜", "13900001111"], ["欧阳小明", "13900001111"],
            ["Dr. Jan van der Berg", "0301234567"], ["van der Berg, Jan", "0301234567"],
            ["Eva van der Berg", "0301234567"]]  # fmt: skip
    found = groups(con, find_duplicates(con, table(fields, rows, ids=range(6)), fields))
    assert found == {frozenset({0, 1}), frozenset({2}), frozenset({3, 4}), frozenset({5})}


def test_without_a_usable_field_nothing_is_merged_and_that_is_said(con, table) -> None:
    fields = [Column("amount", "amount", "money"), Column("note", "note", "notes")]
    matches = find_duplicates(con, table(fields, [["1", "x"], ["1", "x"]]), fields)
    assert matches.notes == ["no usable field: nothing was merged"]
    assert matches.counts["clusters"] == 2


@pytest.mark.parametrize(
    "rows", [[], [["Ann", "Lee", "1990-01-01", "a@b.uk", "0", "", "", ""]], [[None] * 8, [None] * 8]]
)
def test_tables_with_nothing_to_compare_are_no_error(con, table, rows) -> None:
    matches = find_duplicates(con, table(CASE_COLUMNS, rows), CASE_COLUMNS)
    assert matches.counts["clusters"] == len(rows)
    assert matches.counts["duplicates"] == 0


def test_an_ignored_field_is_no_evidence(con, table) -> None:
    rows = [["Ann", "Lee", "", "ann@lee.uk", "", "", "", ""]] * 2
    relation = table(CASE_COLUMNS, rows)
    assert find_duplicates(con, relation, CASE_COLUMNS).counts["duplicates"] == 1
    ignoring = MatchSettings(ignore=frozenset({'e "mail"'}))
    assert find_duplicates(con, relation, CASE_COLUMNS, ignoring).counts["duplicates"] == 0


def test_two_results_can_be_held_at_once(con, table) -> None:
    relation = table(CASE_COLUMNS, [["Ann", "Lee", "", "ann@lee.uk", "", "", "", ""]] * 2)
    first, second = (find_duplicates(con, relation, CASE_COLUMNS) for _ in range(2))
    assert groups(con, first) == groups(con, second)
    left_behind = con.execute(
        "select count(*) from duckdb_tables() where table_name like 'matching_%' and not"
        " regexp_matches(table_name, '[0-9]$')"
    ).fetchall()
    assert left_behind == [(0,)]


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        (MatchSettings(ignore=frozenset({"citty"})), "no field called 'citty' to leave out; did you mean 'city'?"),
        (MatchSettings(merge_at=0.5, review_at=0.8),
         "the cuts are 0.8 for review and 0.5 for merging; choose 0 < review ≤ merge"
         " < 1, for example 0.6 and 0.95"),
        (MatchSettings(merge_at=1.0), "the cuts are 0.6 for review and 1.0 for merging; choose 0 < review ≤ merge"
         " < 1, for example 0.6 and 0.95"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused_with_a_cure(con, table, settings_, message) -> None:
    with pytest.raises(UsageError) as refused:
        find_duplicates(con, table(CASE_COLUMNS, []), CASE_COLUMNS, settings_)
    assert str(refused.value) == message


def test_the_evaluation_counts_pairs(con) -> None:
    con.execute("create table c as select * from (values (1, 1), (2, 1), (3, 1), (4, 4)) t(_id, cluster)")
    con.execute("create table t as select * from (values (1, 'a'), (2, 'a'), (3, 'b'), (4, 'b')) t(_id, person)")
    result = evaluate(con, ident("c"), ident("t"))
    assert (result.true_pairs, result.found_pairs, result.right_pairs) == (2, 3, 1)
    assert (result.precision, result.recall, result.f1) == (1 / 3, 1 / 2, 0.4)
    nothing = evaluate(con, sql("(select * from c where false)"), ident("t"))
    assert (nothing.precision, nothing.recall) == (1.0, 1.0)


def columns() -> list[Column]:
    return [*CASE_COLUMNS, Column("company", "company", "company")]
