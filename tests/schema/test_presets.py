"""The lists of other systems' headers are complete, agree with the schemas, and are refused where they make no sense."""

from __future__ import annotations

import pytest

from crmctl.errors import UsageError
from crmctl.schema import (
    guess_schema,
    likely_preset,
    load_preset,
    load_schema,
    map_headers,
    normalise_header,
    preset_names,
)

PRESETS = [load_preset(name) for name in preset_names()]
TABLES = [(preset, name) for preset in PRESETS for name in preset.tables]
IDS = [f"{preset.name} {name}" for preset, name in TABLES]
BOTH_WAYS = [(preset, name) for preset, name in TABLES if preset.tables[name].columns and preset.tables[name].fields]
NAMED = ["hubspot", "salesforce", "zoho", "mautic", "mailchimp", "google", "outlook", "outlook-zh", "outlook-com",
         "thunderbird", "vcard", "wukong", "fxiaoke", "wecom", "youzan", "weimob", "taobao", "douyin", "shopify"]  # fmt: skip
# What a target's cell is made of and what the same header means on the way in differ on purpose: a part of a
# birthday, an address in one cell, an id that the other system would overwrite with its own.
ONE_WAY = {"Birth Year", "Birth Month", "Birth Day", "地址", "AccountNumber", "Account Number", "Phone 1 - Value",
           "Phone 2 - Value"}  # fmt: skip
LEAST_ALIKE = 0.95


def test_every_system_has_a_preset():
    assert set(NAMED) <= set(preset_names())


@pytest.mark.parametrize("preset", PRESETS, ids=preset_names())
def test_a_preset_is_named_like_its_file_and_in_both_languages(preset):
    assert load_preset(preset.name) == preset
    assert set(preset.labels) == {"en", "zh"}
    assert preset.description.endswith(".")
    assert load_preset(preset.labels["zh"]).name == preset.name
    assert load_preset(preset.labels["en"]).name == preset.name


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("有赞", "youzan"), ("微盟", "weimob"), ("淘宝", "taobao"), ("天猫", "taobao"), ("抖店", "douyin"), ("企业微信", "wecom"),
        ("悟空", "wukong"), ("悟空CRM", "wukong"), ("纷享销客", "fxiaoke"), ("Google Contacts", "google"), ("HubSpot", "hubspot"),
        ("Outlook zh", "outlook-zh"), ("outlook_com", "outlook-com"), ("Shopify", "shopify"), ("tmall", "taobao"),
    ],
)  # fmt: skip
def test_a_preset_goes_by_the_names_that_people_use(said, name):
    assert load_preset(said).name == name


@pytest.mark.parametrize(("preset", "name"), TABLES, ids=IDS)
def test_with_its_preset_a_header_means_what_the_list_says(preset, name):
    table = preset.tables[name]
    headers = list(table.fields)
    mapping = map_headers(headers, headers, load_schema(table.kind), preset=preset.header_fields(name))
    filled = {match.field: normalise_header(match.header) for match in mapping.matches if match.field}
    wanted = {field for field in table.fields.values() if field}
    assert set(filled) == wanted
    for field, header in filled.items():
        assert header in {normalise_header(text) for text, meant in table.fields.items() if meant == field}
    assert {match.reason for match in mapping.matches if match.field} <= {"preset"}


@pytest.mark.parametrize(("preset", "name"), BOTH_WAYS, ids=[f"{preset.name} {name}" for preset, name in BOTH_WAYS])
def test_what_is_exported_comes_back_as_the_same_fields(preset, name):
    table = preset.tables[name]
    headers = [column.header for column in table.columns]
    schema = load_schema(table.kind)
    matches = map_headers(headers, headers, schema, preset=preset.header_fields(name)).matches
    wanted = {
        column.header: column.field or (column.join or [""])[0] for column in table.columns
        if column.header not in ONE_WAY
    }  # fmt: skip
    found = {match.header: match.field for match in matches}
    assert {header: found[header] for header, field in wanted.items() if field in schema.fields} == {
        header: field for header, field in wanted.items() if field in schema.fields
    }


def test_without_a_preset_nearly_all_headers_are_understood_all_the_same():
    right = count = 0
    people = {"customer", "contact", "lead"}
    for preset, name in BOTH_WAYS:
        table = preset.tables[name]
        headers = [column.header for column in table.columns]
        guessed = guess_schema(headers)
        assert guessed is not None
        assert guessed.name == table.kind or {guessed.name, table.kind} <= people
        schema = load_schema(table.kind)
        matches = map_headers(headers, headers, schema).matches
        for column, match in zip(table.columns, matches, strict=True):
            if column.field in schema.fields and column.header not in ONE_WAY:
                count += 1
                right += match.field == column.field
    assert count > 400
    assert right / count >= LEAST_ALIKE


@pytest.mark.parametrize(("preset", "name"), TABLES, ids=IDS)
def test_targets_name_no_header_twice_and_only_values_they_allow(preset, name):
    table = preset.tables[name]
    headers = [column.header for column in table.columns]
    assert len(set(headers)) == len(headers)
    assert {header for group in table.one_of for header in group} <= set(headers)
    for column in table.columns:
        if column.allowed:
            assert set(column.values.values()) <= set(column.allowed)
    if headers and preset.target and preset.target.max_columns:
        assert len(headers) <= preset.target.max_columns


def test_outlook_has_its_92_columns():
    for name in ("outlook", "outlook-zh"):
        table = load_preset(name).table("contact")
        assert len(table.columns) == 92


def test_limits_are_those_that_the_systems_publish():
    hubspot, salesforce, mailchimp = (load_preset(name) for name in ("hubspot", "salesforce", "mailchimp"))
    assert (hubspot.target.max_rows, hubspot.target.max_columns) == (1_048_575, 999)
    assert (salesforce.target.bom, salesforce.target.date_format, salesforce.target.mapping_file) == (
        False, "%Y-%m-%d", "sdl",
    )  # fmt: skip
    first = mailchimp.table().columns[0]
    assert (first.max_bytes, first.ascii_local_part, first.required) == (255, True, True)


@pytest.mark.parametrize(("name", "message"), [
    ("hubspt", "no preset called 'hubspt'; did you mean 'hubspot'?"),
    ("有赞商城啊", "no preset called '有赞商城啊'; give a file, or one of " + ", ".join(preset_names())),
])  # fmt: skip
def test_an_unknown_preset_gets_a_suggestion(name, message):
    with pytest.raises(UsageError) as error:
        load_preset(name)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- 1", "{path}:1:1: a preset is a mapping with name and tables"),
        ("name: x\ntables: {a: {kind: customr}}", "{path}:2:14: no schema called 'customr'; did you mean 'customer'?"),
        (
            "name: x\ntables: {a: {kind: customer, fields: {Foo: emial}}}",
            "{path}:2:39: the schema has no field 'emial'; did you mean 'email'?",
        ),
        (
            "name: x\ntables: {a: {kind: customer, fields: {Foo: email, FOO: phone}}}",
            "{path}:2:51: 'FOO' already means the field 'email'; remove it from one of the two",
        ),
        (
            "name: x\ntables: {a: {kind: customer, columns: [{header: A, field: email}, {header: A}]}}",
            "{path}:2:68: the header 'A' stands here twice; remove one",
        ),
        (
            "name: x\ntables: {a: {kind: customer, colums: []}}",
            "{path}:2:30: unknown key 'colums'; did you mean 'columns'?",
        ),
        (
            "name: x\ntables: {a: {kind: customer}}\ntarget: {encoding: utf-9}",
            "{path}:3:10: unknown encoding 'utf-9'; use utf-8 or gb18030, say",
        ),
    ],
)
def test_a_preset_that_cannot_be_meant_is_refused_with_its_place(tmp_path, text, message):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        load_preset(str(path))
    assert str(error.value) == message.format(path=path)


def test_a_preset_of_ones_own_is_read_from_its_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ntables: {people: {kind: customer, fields: {Wer: full_name}}}", encoding="utf-8")
    preset = load_preset(str(path))
    assert preset.header_fields("customer") == {"Wer": "full_name"}
    assert preset.table("order") is None
    assert preset.target is None


def test_the_table_of_a_preset_is_found_by_name_by_schema_or_by_what_it_serves():
    salesforce = load_preset("salesforce")
    assert salesforce.table("lead").kind == "lead"
    assert salesforce.table("customer").kind == "contact"
    assert salesforce.fitting(["Account Name", "Billing Street", "Ticker Symbol"]).kind == "account"


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        (
            "Name,Email,Financial Status,Created at,Currency,Total,Lineitem quantity,Lineitem name,Lineitem price",
            "shopify",
        ),
        ("订单编号,买家会员名,买家实际支付金额,收货人姓名,联系手机,订单创建时间,宝贝标题,宝贝数量", "taobao"),
        ("主订单编号,子订单编号,选购商品,商品数量,商品单价,订单应付金额,收件人,收件人手机号", "douyin"),
        ("订单编号,下单日期,客户编号,实付金额,状态,渠道", None),
        ("Name,Email,Phone,Company,City,Notes,Created at", None),
        ("姓名,手机,邮箱,省,市,区,详细地址", None),
        ("", None),
    ],
)
def test_a_flat_export_is_recognised_for_a_hint(headers, name):
    assert likely_preset(headers.split(",")) == name
