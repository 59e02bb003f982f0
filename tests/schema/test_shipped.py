"""The schemas that come with crmctl are complete and agree with each other."""

from __future__ import annotations

from collections import Counter

import pytest

from crmctl.schema import (
    TYPES,
    Schema,
    describe,
    json_schema,
    load_schema,
    normalise_header,
    reference_target,
    shipped_schemas,
)
from crmctl.schema.headers import vocabulary

NAMES = shipped_schemas()
PERSONAL = {"name", "given_name", "family_name", "email", "phone", "mobile", "street", "wechat", "id_card"}


def test_every_kind_of_table_has_a_schema_and_a_rank():
    assert sorted(vocabulary().preference) == NAMES
    assert len(NAMES) == 16


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_named_like_its_file_and_described_in_both_languages(name):
    schema = load_schema(name)
    assert schema.name == name
    assert schema.dataset
    assert schema.description.endswith(".")
    assert set(schema.labels) == {"en", "zh"}
    assert all(set(field.labels) == {"en", "zh"} and all(field.labels.values()) for field in schema.fields.values())


def test_no_two_schemas_fill_one_dataset():
    assert len({load_schema(name).dataset for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_no_header_means_two_fields_of_a_schema(name):
    schema = load_schema(name)
    owners: dict[str, set[str]] = {}
    for field_name, field in schema.fields.items():
        for text in (field_name, *field.labels.values(), *field.aliases):
            owners.setdefault(normalise_header(text), set()).add(field_name)
    assert {text: fields for text, fields in owners.items() if len(fields) > 1} == {}


@pytest.mark.parametrize("name", NAMES)
def test_no_alias_is_written_twice(name):
    for field in load_schema(name).fields.values():
        repeated = Counter(normalise_header(text) for text in field.aliases) - Counter(
            {normalise_header(text) for text in field.aliases}
        )
        assert not repeated


def test_every_common_header_belongs_to_a_field_of_some_schema():
    fields = {field for name in NAMES for field in load_schema(name).fields}
    assert set(vocabulary().aliases) <= fields


@pytest.mark.parametrize("name", NAMES)
def test_personal_data_are_marked(name):
    fields = load_schema(name).fields
    ours = {"company_signatory"}  # our own people sign, not the customer's
    assert not [field for field, it in fields.items() if it.type in PERSONAL and not it.pii and field not in ours]


@pytest.mark.parametrize("name", NAMES)
def test_a_field_means_the_same_type_in_every_schema(name):
    customer = load_schema("customer").fields
    for field_name, field in load_schema(name).fields.items():
        if field_name in customer:
            assert field.type == customer[field_name].type


@pytest.mark.parametrize("name", NAMES)
def test_references_lead_to_fields_that_exist(name):
    by_dataset = {load_schema(other).dataset: load_schema(other) for other in NAMES}
    for reference in load_schema(name).references:
        dataset, field = reference_target(reference)
        assert field in by_dataset[dataset].fields


def test_a_row_that_names_a_customer_says_whose_id_it_is():
    for name in NAMES:
        schema = load_schema(name)
        if "customer_id" in schema.fields:
            [reference] = [reference for reference in schema.references if reference.field == "customer_id"]
            assert (reference.to, reference.source_field) == ("customer", "customer_source")


def test_order_items_have_no_key_since_files_seldom_number_them():
    assert load_schema("order_item").key == []


def test_a_reference_page_shows_each_field_in_the_readers_language():
    customer = load_schema("customer")
    assert describe(customer, "zh")[1] == {
        "field": "full_name", "label": "姓名", "type": "name", "required": False, "pii": True,
    }  # fmt: skip
    assert [row["field"] for row in describe(customer)] == list(customer.fields)
    assert describe(customer, "en")[1]["label"] == "Full name"


def test_editors_get_a_json_schema_that_knows_types_and_explains_keys():
    document = json_schema()
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["additionalProperties"] is False
    assert set(document["required"]) == {"name", "fields"}
    field = document["$defs"]["SchemaField"]
    assert field["properties"]["type"]["enum"] == list(TYPES)
    assert all("description" in entry for entry in field["properties"].values())
    assert set(document["properties"]) == set(Schema.model_fields)
