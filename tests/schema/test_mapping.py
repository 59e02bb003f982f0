"""Headers become the fields they mean, and no column is lost on the way."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl import yamlfile
from crmctl.errors import UsageError
from crmctl.schema import guess_schema, load_schema, map_headers, shipped_schemas

CASES = yamlfile.load(Path(__file__).parent / "headers.yaml").data


def mapped(headers, schema="customer", **options):
    """Header -> final column name."""
    mapping = map_headers(headers, headers, load_schema(schema), **options)
    return {column.header: column.name for column in mapping.columns}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_headers_of_real_systems_become_fields(case):
    headers = list(case["fields"])
    mapping = map_headers(headers, headers, load_schema(case["schema"]))
    assert {match.header: match.field for match in mapping.matches} == case["fields"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_mapped_table_keeps_every_header_in_order_under_a_name_of_its_own(case):
    headers = list(case["fields"])
    columns = map_headers(headers, headers, load_schema(case["schema"])).columns
    assert [column.header for column in columns] == headers
    assert len({column.name.casefold() for column in columns}) == len(headers)


@pytest.mark.parametrize("name", shipped_schemas())
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_labels_of_a_schema_map_back_to_all_of_its_fields(name, language):
    schema = load_schema(name)
    labels = [field.labels[language] for field in schema.fields.values()]
    mapping = map_headers(labels, labels, schema)
    assert [column.name for column in mapping.columns] == list(schema.fields)
    assert mapping.problems == []


def test_a_column_knows_what_its_field_is():
    [column] = map_headers(["* 手机号（必填）"], ["手机号"], load_schema("customer")).columns
    assert (column.name, column.header, column.type, column.pii) == ("mobile", "* 手机号（必填）", "mobile", True)
    assert column.labels == {"en": "Mobile", "zh": "手机"}
    assert "移动电话" in column.aliases


def test_only_dates_of_what_happened_are_events():
    customer = load_schema("customer").fields
    assert [customer[name].event for name in ("created_at", "birthday", "next_contact_at")] == [True, False, False]
    assert not load_schema("opportunity").fields["expected_close_at"].event


def test_poisoned_headers_stay_as_they_are():
    headers = ['e "mail"', "select", "", "  ", "***", "'; drop table customers; --", "手机\n号码", "{field}", "%s"]
    names = ['e "mail"', "select", "column_3", "column_4", "***", "drop", "手机号码", "{field}", "%s"]
    mapping = map_headers(headers, names, load_schema("customer"))
    assert [column.header for column in mapping.columns] == headers
    assert [match.field for match in mapping.matches] == [None] * 6 + ["mobile", None, None]


def test_a_header_called_like_a_bookkeeping_column_gets_another_name():
    assert mapped(["_id", "_SOURCE", "_line"]) == {"_id": "_id_2", "_SOURCE": "_SOURCE_2", "_line": "_line_2"}


def test_a_byte_order_mark_does_not_hide_the_first_header():
    assert mapped(["\ufeffEmail"]) == {"\ufeffEmail": "email"}


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("手机 (Mobile)", "mobile"),
        ("Email/邮箱", "email"),
        ("姓名 Name", "full_name"),
        ("生日（格式：2000-01-01）", "birthday"),
        ("手机（推荐人）", None),
        ("电话/手机", None),
        ("合同金额(万元)", None),
        ("年营业额（元）", "annual_revenue"),
    ],
)
def test_a_header_with_two_parts_counts_where_both_mean_the_same(header, field):
    [match] = map_headers([header], [header], load_schema("customer")).matches
    assert match.field == field


def test_of_two_headers_for_one_field_the_better_one_wins_and_the_other_is_reported():
    mapping = map_headers(["手机号码", "Mobile", "Cell"], ["手机号码", "Mobile", "Cell"], load_schema("customer"))
    assert [column.name for column in mapping.columns] == ["手机号码", "mobile", "Cell"]
    assert mapping.problems == [
        "the headers 'Mobile' and '手机号码' both mean mobile; '手机号码' stays under its own name",
        "the headers 'Mobile' and 'Cell' both mean mobile; 'Cell' stays under its own name",
    ]


def test_of_two_equal_headers_the_first_wins():
    mapping = map_headers(["Email", "Email"], ["Email", "Email_2"], load_schema("customer"))
    assert [column.name for column in mapping.columns] == ["email", "Email_2"]


def test_without_a_schema_every_header_keeps_its_name():
    mapping = map_headers(["Email", "手机"], ["Email", "手机"], None)
    assert [(column.name, column.type) for column in mapping.columns] == [("Email", "text"), ("手机", "text")]


def test_what_the_user_maps_goes_before_what_is_recognised():
    mapping = map_headers(["Tel", "Phone"], ["Tel", "Phone"], load_schema("customer"), given={"tel": "电话"})
    assert [column.name for column in mapping.columns] == ["phone", "Phone_2"]
    assert [(match.field, match.reason) for match in mapping.matches] == [("phone", "given"), (None, "")]


def test_a_header_mapped_to_nothing_is_left_alone():
    mapping = map_headers(["Status"], ["Status"], load_schema("customer"), given={"Status": ""})
    assert mapping.columns[0].type == "text"
    assert mapping.matches[0].field is None
    assert mapping.problems == []


def test_without_a_schema_a_header_can_still_be_renamed():
    assert map_headers(["Tel"], ["Tel"], None, given={"Tel": "phone"}).columns[0].name == "phone"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"Tel": "phonee"}, "the schema customer has no field 'phonee'; did you mean 'phone'?"),
        ({"Tell": "phone"}, "no column called 'Tell'; did you mean 'Tel'? The columns are Tel, Cell"),
        (
            {"Tel": "phone", "Cell": "电话"},
            "'Cell' and 'Tel' are mapped to one and the same; map each header and each field once",
        ),
        (
            {"Tel": "phone", "tel": "fax"},
            "'tel' and 'Tel' are mapped to one and the same; map each header and each field once",
        ),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(wanted, message):
    with pytest.raises(UsageError) as error:
        mapped(["Tel", "Cell"], given=wanted)
    assert str(error.value) == message


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_schema_of_a_real_table_is_guessed(case):
    guessed = guess_schema(list(case["fields"]))
    people = {"customer", "contact", "lead"}
    assert guessed is not None
    assert guessed.name == case["schema"] or {guessed.name, case["schema"]} <= people


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ("姓名 手机 邮箱", "customer"),
        ("order_id customer_id order_date amount", "order"),
        ("id email", "customer"),
        ("Lead_Source Lead_Status Email", "lead"),
        ("客户编号 姓名 手机号 微信 生日 会员等级 积分", "customer"),
    ],
)
def test_the_schema_of_a_small_table_is_guessed(headers, name):
    assert guess_schema(headers.split()).name == name


def test_the_guess_does_not_depend_on_the_order_of_the_headers():
    for case in CASES:
        headers = list(case["fields"])
        assert guess_schema(headers) is guess_schema(headers[::-1])


@pytest.mark.parametrize(
    ("file", "schema", "unmapped"),
    [
        ("online_retail.parquet", "order_item", []),
        ("rfm_data_orders.csv", "order", []),
        ("fake_1000.csv", "customer", ["cluster"]),
    ],
)
def test_the_schemas_of_public_data_sets_are_guessed(file, schema, unmapped):
    path = Path(__file__).parents[3] / "shared" / "data" / file
    if not path.exists():
        pytest.skip(f"{file} is not there")
    with duckdb.connect() as con:
        headers = [row[0] for row in con.execute("describe from query_table($1)", [str(path)]).fetchall()]
    mapping = map_headers(headers, headers, guess_schema(headers))
    assert guess_schema(headers).name == schema
    assert [match.header for match in mapping.matches if match.field is None] == unmapped


@pytest.mark.parametrize("headers", [[], [""], ["email"], ["foo", "bar", "baz"], ["email", "phone", *"abcdef"]])
def test_a_table_that_fits_no_schema_gets_none(headers):
    assert guess_schema(headers) is None


HEADERS = st.lists(
    st.one_of(st.text(max_size=12), st.sampled_from(["Email", "email", "E-mail", "_id", "手机", "手机号", "Email_2"])),
    max_size=12,
)


@settings(max_examples=50, deadline=None)
@given(HEADERS)
def test_whatever_the_headers_every_column_has_one_free_name(headers):
    names = [f"{header}#{number}" if headers.count(header) > 1 else header for number, header in enumerate(headers)]
    columns = map_headers(headers, names, load_schema("customer")).columns
    final = [column.name.casefold() for column in columns]
    assert [column.header for column in columns] == headers
    assert len(set(final)) == len(final)
    assert not {"_id", "_source", "_line"} & set(final)
