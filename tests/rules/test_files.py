"""Classification and segment files: the shipped ones, and what is said of a wrong one."""

import datetime as dt

import duckdb
import pytest

from crmctl.errors import FileError, UsageError
from crmctl.rules import (
    classification_sql,
    compile_segments,
    left_out,
    load_classification,
    load_segments,
    shipped_names,
)
from crmctl.schema.column import Column
from crmctl.sql import sql

AS_OF = dt.datetime(2024, 5, 31)


def columns(**types):
    return [Column(name, name, semantic_type) for name, semantic_type in types.items()]


def answers(expression, table):
    query = sql("select {expression} from {table}", expression=expression, table=table)
    return [answer for (answer,) in duckdb.connect().execute(query.text, query.values).fetchall()]


@pytest.fixture
def write(tmp_path):
    def to_file(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


@pytest.mark.parametrize("name", shipped_names("rules"))
def test_every_shipped_classification_loads_and_has_labels_in_both_languages(name):
    classification = load_classification(name)
    assert {"en", "zh"} <= set(classification.labels)
    for outcome in classification.outcomes.values():
        assert {"en", "zh"} <= set(outcome.labels), outcome


@pytest.mark.parametrize("name", shipped_names("segments"))
def test_every_shipped_segment_loads_and_has_labels_in_both_languages(name):
    for segment in load_segments(name):
        assert {"en", "zh"} <= set(segment.labels), segment
        assert {"en", "zh"} <= set(segment.description), segment


def test_the_first_rule_that_holds_wins_and_the_rest_is_other(write):
    path = write("classification: size\nclasses:\n  - {name: vip, when: n >= 100}\n  - {name: big, when: n >= 10}\n")
    expression = classification_sql(load_classification(path), columns(n="integer"), AS_OF)
    table = sql("(values ('500'), ('50'), ('5'), (''), (null)) t(n)")
    assert answers(expression, table) == ["vip", "big", "other", "other", "other"]


def test_satisfaction_parts_promoters_passives_and_detractors():
    expression = classification_sql(load_classification("satisfaction"), columns(score="number"), AS_OF)
    table = sql("(values ('10'), ('9'), ('8.5'), ('7'), ('6.9'), ('0'), ('11'), ('')) t(score)")
    assert answers(expression, table) == [
        "promoter", "promoter", "passive", "passive", "detractor", "detractor", "unanswered", "unanswered",
    ]  # fmt: skip


def test_customer_type_leaves_out_the_rules_whose_fields_are_absent():
    classification, known = load_classification("customer-type"), columns(full_name="name", uscc="uscc")
    table = sql(
        "(values ('王芳', ''), ('上海某某公司', ''), ('Acme Ltd.', ''), ('x', '91310000MA1FL0LN5X'), ('', '')) "
        "t(full_name, uscc)"
    )
    found = answers(classification_sql(classification, known, AS_OF), table)
    assert found == ["person", "company", "company", "company", "unknown"]
    assert ("person", ("birthday",)) in [(note.name, note.missing) for note in left_out(classification, known)]


def test_a_classification_with_none_of_its_fields_says_otherwise_of_everybody():
    expression = classification_sql(load_classification("customer-type"), columns(a="text"), AS_OF)
    assert answers(expression, sql("(values ('x')) t(a)")) == ["unknown"]


def test_default_segments_skip_what_the_dataset_lacks_and_say_so():
    known = columns(email="email", mobile="mobile", last_order_at="datetime")
    compiled, skipped = compile_segments(load_segments("default"), known, as_of=AS_OF)
    assert list(compiled) == ["active", "dormant", "no_contact_channel"]
    notes = [note.note for note in skipped]
    assert "'birthday_this_month' is left out: no field called birthday" in notes
    assert "'at_risk_high_value' is left out: no field called total_spent" in notes


def test_a_segment_may_ask_about_a_later_one_and_about_known_members(write):
    path = write(
        "segments:\n"
        "  - {name: sleeping, when: in segment rich and not in segment seen}\n"
        "  - {name: rich, when: spent > 10}\n"
    )
    seen = sql("name = {name}", name="ann")
    known = columns(name="name", spent="money")
    compiled, _ = compile_segments(load_segments(path), known, as_of=AS_OF, members={"seen": seen})
    assert list(compiled) == ["sleeping", "rich"]
    table = sql("(values ('ann', '50'), ('bob', '50'), ('eve', '5')) t(name, spent)")
    assert answers(compiled["sleeping"], table) == [False, True, False]


def test_segments_that_ask_about_each_other_in_a_circle_are_refused(write):
    path = write("segments:\n  - {name: a, when: in segment b}\n  - {name: b, when: in segment a}\n")
    with pytest.raises(UsageError) as caught:
        compile_segments(load_segments(path), [], as_of=AS_OF)
    says = "the segments a, b ask about each other in a circle; take one 'in segment' out"
    assert str(caught.value) == f"{path}:2:5: {says}"


WRONG = [
    ("classification: x\nclasses: []\n", "2:1: 'classes' is empty; add a class with a name and a condition"),
    ("classification: x\nclases: []\n", "2:1: unknown key 'clases'; did you mean 'classes'?"),
    (
        "classification: x\nclasses:\n  - {name: a, when: n > > 1}\n",
        "3:15: expected a value, found '>' (column 5 of 'n > > 1'); put text in quotes",
    ),
    ("classification: x\nclasses:\n  - {name: a}\n", "3:5: the class 'a' has no condition; add 'when'"),
    (
        "classification: x\nclasses:\n  - name: a\n    when:\n      any:\n        - n = 1\n        - n contain x\n",
        "7:11: unknown operator 'contain' (column 3 of 'n contain x'); did you mean 'contains'?",
    ),
    (
        "classification: x\noptions: {cuts: [1]}\nclasses:\n  - {name: a, when: n = 1}\n",
        "2:1: the method 'rules' takes no options; remove them",
    ),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_a_wrong_classification_names_line_and_column(write, text, says):
    path = write(text)
    with pytest.raises(UsageError) as caught:
        load_classification(path)
    assert str(caught.value).startswith(f"{path}:{says}")


def test_every_error_of_a_file_is_told_at_once(write):
    path = write("segments:\n  - {name: a, when: n contain 1}\n  - {name: a, when: n =}\n")
    with pytest.raises(UsageError) as caught:
        load_segments(path)
    assert len(caught.value.parts) == 3


def test_an_unknown_name_suggests_a_shipped_one(tmp_path):
    with pytest.raises(UsageError) as caught:
        load_classification("value-teir")
    assert str(caught.value) == "no classification called 'value-teir'; did you mean 'value-tier'?"
    with pytest.raises(UsageError) as caught:
        load_segments("nothing-like-it")
    assert str(caught.value) == "no segments called 'nothing-like-it'; shipped are default; or give a file's path"
    with pytest.raises(FileError):
        load_segments(tmp_path / "absent.yaml")


def test_an_unknown_field_in_a_file_names_its_place(write):
    path = write("classification: x\nclasses:\n  - {name: a, when: spend > 1}\n")
    with pytest.raises(UsageError) as caught:
        classification_sql(load_classification(path), columns(spent="money"), AS_OF)
    assert str(caught.value).startswith(f"{path}:3:15: no column called 'spend' (column 1 of 'spend > 1')")


def test_a_method_that_needs_orders_is_not_made_by_rules():
    with pytest.raises(UsageError) as caught:
        classification_sql(load_classification("rfm"), [], AS_OF)
    assert str(caught.value).endswith(
        "'rfm_segment' is made by the method 'rfm', not by rules; classify with its orders"
    )
