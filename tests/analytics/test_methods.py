"""Classification files whose method needs orders."""

import datetime as dt

import pytest

from crmctl.analytics import method_sql, outcomes, without_orders
from crmctl.errors import UsageError
from crmctl.rules import load_classification
from crmctl.sql import sql

AS_OF = dt.datetime(2024, 5, 31)


@pytest.fixture
def orders(orders_of):
    return orders_of(
        *((f"c{number}", f"{number}-{order}", f"2024-0{1 + order}-10", 10 * number) for number in range(1, 8)
          for order in range(1 + number % 4)),
        ("c9", "r", "2024-01-01", -5),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["value-tier", "lifecycle", "rfm", "rfm-vignette"])
def test_a_shipped_classification_gives_each_customer_one_known_outcome(run, orders, name):
    classification = load_classification(name)
    result = method_sql(classification, orders, AS_OF)
    query = sql("select customer, {column} from {r}", column=classification.column.identifier, r=result)
    rows = run(query)
    assert len(rows) == len({customer for customer, _ in rows}) >= 7
    known = outcomes(classification)
    assert {outcome for _, outcome in rows} <= set(known)
    assert all({"en", "zh"} <= set(outcome.labels) for outcome in known.values())
    assert without_orders(classification) in known


def test_the_result_has_the_column_that_the_file_names(con, tmp_path, orders):
    path = tmp_path / "mine.yaml"
    path.write_text('classification: my "tier"\nmethod: value_tier\noptions: {cuts: [0.5], names: [top, rest]}\n')
    query = sql("select * from {r}", r=method_sql(load_classification(path), orders, AS_OF))
    result = con.execute(query.text, query.values)
    assert [column[0] for column in result.description] == ["customer", 'my "tier"']
    assert {tier for _, tier in result.fetchall()} == {"top", "rest", "none"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("method: rfm\noptions: {bin: 5}\n", "3:11: unknown key 'bin'; did you mean 'bins'?"),
        ("method: rfm\noptions: {map: grid-11}\n", "3:1: no RFM map called 'grid-11'; did you mean 'grid-10'?"),
        (
            "method: lifecycle\noptions: {thresholds: {active_days: 400}}\n",
            "3:11: thresholds: the limits of active, dormant and churned have to ascend",
        ),
        (
            "method: value_tier\noptions: {cuts: [0.9, 0.8]}\n",
            "3:1: cuts [0.9, 0.8] do not ascend between 0 and 1; write [0.8, 0.95]",
        ),
    ],
)
def test_a_wrong_option_names_its_place(tmp_path, orders, text, says):
    path = tmp_path / "mine.yaml"
    path.write_text("classification: x\n" + text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        method_sql(load_classification(path), orders, AS_OF)
    assert str(caught.value) == f"{path}:{says}"


def test_rules_are_not_made_from_orders(orders):
    with pytest.raises(UsageError, match="'satisfaction' is made by rules, not from orders; use classification_sql"):
        method_sql(load_classification("satisfaction"), orders, AS_OF)
