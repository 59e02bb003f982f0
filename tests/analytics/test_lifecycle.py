"""Stages of a customer's life at their limits; the cases are in `lifecycle_cases.yaml`."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from crmctl.analytics import LifecycleThresholds, lifecycle
from crmctl.sql import sql
from crmctl.yamlfile import load

CASES = load(Path(__file__).with_name("lifecycle_cases.yaml")).data
CROWD = [(f"crowd {number}", 1, 3, 1, 60, 30) for number in range(3)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(str(part) for part in case.values()))
def test_a_customer_is_in_the_stage(run, summary_of, case):
    customer = ("x", case.get("recency"), case["orders"], 1, case.get("span", 0), case.get("gap"))
    crowd = [*CROWD, *((f"big {number}", 1, 20, 1, 570, 30) for number in range(3))]
    stages = lifecycle(summary_of(customer, *crowd), LifecycleThresholds(rule=case.get("rule", "both")))
    assert run(sql("select lifecycle from {s} where customer = 'x'", s=stages)) == [(case["is"],)]


def test_the_most_frequent_fifth_is_loyal_before_ten_orders(run, summary_of):
    summary = summary_of(*((str(number), 1, 2 + number // 8, 1, 10, 5) for number in range(10)))
    query = sql("select lifecycle, count(*) from {s} group by all order by all", s=lifecycle(summary))
    assert run(query) == [("loyal", 2), ("repeat", 8)]


def test_without_any_rhythm_the_days_decide(run, summary_of):
    summary = summary_of(("a", 100, 1, 1, 0), ("b", 200, 1, 1, 0), ("c", 400, 1, 1, 0), ("d", 5, 1, 1, 0))
    for rule in ("both", "days", "rhythm"):
        stages = lifecycle(summary, LifecycleThresholds(rule=rule))
        assert run(sql("select lifecycle from {s} order by customer", s=stages)) == [
            ("at_risk",), ("dormant",), ("churned",), ("new",),
        ]  # fmt: skip


def test_orders_all_on_one_day_are_no_rhythm(run, summary_of):
    query = sql("select lifecycle from {s}", s=lifecycle(summary_of(("a", 100, 4, 1, 0, 0))))
    assert run(query) == [("at_risk",)]


def test_limits_have_to_ascend():
    with pytest.raises(ValidationError, match="have to ascend"):
        LifecycleThresholds(active_days=200)
