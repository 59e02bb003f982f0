from __future__ import annotations

import pytest

from crmctl.cleaning import clean
from crmctl.errors import UsageError
from crmctl.schema.column import Column
from crmctl.sql import ident, sql

POISONED = {'e "mail"': "email", "select": "name", "手机": "mobile", "status": "enum"}


def test_the_copy_has_the_same_columns_and_rows_in_the_same_order(bench):
    bench.table(
        POISONED, [["b@X.cn", "王 芳", "13912345670", "a"], [None, "", " ", "b"], ["a@x.cn", "李雷", None, "c"]]
    )
    bench.clean()
    described = bench.run(sql("describe {t}", t=bench.into))
    assert [row[0] for row in described] == ["_id", "_source", "_line", *POISONED]
    assert bench.run(sql("select * from {t}", t=bench.into)) == [
        (1, "file", 2, "b@x.cn", "王芳", "+8613912345670", "a"),
        (2, "file", 3, None, "", " ", "b"),
        (3, "file", 4, "a@x.cn", "李雷", None, "c"),
    ]


def test_findings_come_in_row_order_then_column_order_with_value_and_new_value(bench):
    bench.table(POISONED, [["b@X.cn", "王 芳", "139****5670", "a"], ["无", "李雷", "x", "b"]])
    _, findings = bench.clean()
    assert findings == [
        (1, 'e "mail"', "fixed", "case", "b@X.cn", "b@x.cn"),
        (1, "select", "fixed", "blanks inside", "王 芳", "王芳"),
        (1, "手机", "masked", "masked", "139****5670", "139****5670"),
        (2, 'e "mail"', "placeholder", "means missing", "无", None),
        (2, "手机", "invalid", "not a valid phone number", "x", "x"),
    ]


def test_only_the_fields_asked_for_are_touched(bench):
    bench.table(POISONED, [["b@X.cn", "王 芳", "13912345670", " a"]])
    rows, findings = bench.clean(fields=["手机"])
    assert rows == [("b@X.cn", "王 芳", "+8613912345670", " a")]
    assert [finding[1] for finding in findings] == ["手机"]


def test_an_empty_relation_gives_two_empty_tables(bench):
    assert bench.table(POISONED, []).clean() == ([], [])


def test_a_parenthesised_select_with_bound_values_is_a_relation(bench):
    bench.table({"select": "name"}, [["王 芳"], ["李 雷"]])
    relation = sql("(select * from {t} where _line > {line})", t=bench.relation, line=2)
    rows, _ = bench.clean(relation, level="likely")
    assert rows == [("李雷",)]


def test_a_relation_that_the_transaction_has_not_committed_is_read(bench):
    bench.con.begin()
    bench.table({"select": "name"}, [["王 芳"]], temporary=False)
    rows, _ = bench.clean(temporary=False)
    bench.con.commit()
    assert rows == [("王芳",)]
    stored = bench.run(sql("select temporary from duckdb_tables() where table_name = {name}", name="select"))
    assert stored == [(False,)]


def test_it_works_with_external_access_off_and_the_configuration_locked(bench):
    bench.run(sql("set enable_external_access = false"))
    bench.run(sql("set lock_configuration = true"))
    rows, _ = bench.table({"select": "name"}, [["王 芳"]]).clean()
    assert rows == [("王芳",)]


def test_columns_beside_the_business_columns_keep_their_type(bench):
    bench.table({"select": "name"}, [["王 芳"]])
    bench.run(sql("alter table {t} add column score decimal(9, 2) default 1.50", t=bench.relation))
    bench.clean()
    stored = bench.run(sql("select typeof(score), score::varchar from {t}", t=bench.into))
    assert stored == [("DECIMAL(9,2)", "1.50")]


def test_more_rows_than_a_batch_stay_in_order(bench):
    bench.table({"email": "email"}, [])
    bench.run(sql("insert into {t} select i, 'f', i, 'u' || i || '@X.cn' from range(120_000) r(i)", t=bench.relation))
    bench.clean()
    wrong = sql(
        "select count(*), count(*) filter (_id <> rowid or email <> 'u' || _id || '@x.cn') from {t}", t=bench.into
    )
    assert bench.run(wrong) == [(120_000, 0)]
    found = sql("select count(*), count(*) filter (_id <> rowid) from {t}", t=bench.findings)
    assert bench.run(found) == [(120_000, 0)]


def test_the_country_of_the_row_decides_the_region_of_its_phone(bench):
    rows = [["UK", "020 7946 0958"], ["中国", "021-62345678"], ["美国", "(212) 555-2368"], ["火星", "021-62345678"]]
    cells, findings = bench.table({"国家": "country", "phone": "phone"}, rows).clean()
    assert [phone for _, phone in cells] == ["+442079460958", "+862162345678", "+12125552368", "021-62345678"]
    assert findings[-1][2:4] == ("ambiguous", "no region known")


def test_a_mainland_mobile_in_a_foreign_row_is_ambiguous(bench):
    cells, findings = bench.table({"国家": "country", "phone": "phone"}, [["GB", "13912345670"]]).clean()
    assert cells == [("GB", "13912345670")]
    assert findings[0][2:4] == ("ambiguous", "does not fit the country")


def test_the_country_counts_when_only_the_phone_is_cleaned(bench):
    bench.table({"国家": "country", "phone": "phone"}, [["英国", "020 7946 0958"]])
    cells, _ = bench.clean(fields=["phone"])
    assert cells == [("英国", "+442079460958")]


def test_with_two_country_columns_neither_decides(bench):
    bench.table({"billing": "country", "shipping": "country", "phone": "phone"}, [["GB", "CN", "020 7946 0958"]])
    _, findings = bench.clean()
    assert findings[0][2:4] == ("ambiguous", "no region known")


def test_a_few_typing_errors_do_not_hide_the_order_of_a_date_column(bench):
    bench.table({"birthday": "date"}, [["13/04/2024"]] * 40 + [["04/13/2024"], ["03/04/2024"]])
    cells, _ = bench.clean(level="likely")
    assert cells[-1] == ("2024-04-03",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": "sure"}, "unknown level 'sure'; use safe or likely"),
        ({"regions": ["ZZ"]}, "unknown region 'ZZ'; use an ISO code such as CN or GB"),
        ({"regions": "CN"}, "'CN' has to be a list of regions; write [CN]"),
        ({"fields": ["selct"]}, "no field called 'selct'; did you mean 'select'?"),
        ({"fields": ["x"]}, "no field called 'x'; the fields are select"),
    ],
)
def test_a_wrong_argument_is_named_with_its_cure(bench, options, message):
    with pytest.raises(UsageError) as error:
        bench.table({"select": "name"}, [["a"]]).clean(**options)
    assert str(error.value) == message


def test_a_type_without_a_normaliser_passes_through(bench):
    bench.table({"select": "name"}, [[" a "]])
    columns = [Column("select", "select", "blob")]
    clean(bench.con, bench.relation, columns, into=ident("copy"), findings=ident("none"))
    assert bench.run(sql('select "select" from copy')) == [(" a ",)]
