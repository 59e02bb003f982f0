"""Value tiers (ABC)."""

import pytest

from crmctl.analytics import value_tier
from crmctl.errors import UsageError
from crmctl.sql import sql


@pytest.fixture
def tiers(run, summary_of):
    def found(spent, **options):
        summary = summary_of(*((who, 1, 1, amount) for who, amount in spent.items()))
        return dict(run(sql("select * from {tiers}", tiers=value_tier(summary, **options))))

    return found


def test_who_crosses_a_line_belongs_to_the_higher_tier(tiers):
    spent = {"a": "79.9999", "b": "10", "c": "5.0001", "d": 5}
    assert tiers(spent) == {"a": "A", "b": "A", "c": "B", "d": "C"}


def test_exactly_on_the_line_the_next_tier_begins(tiers):
    assert tiers({"a": 80, "b": 15, "c": 5}) == {"a": "A", "b": "B", "c": "C"}


def test_one_customer_who_spent_nearly_all_is_still_in_the_first_tier(tiers):
    assert tiers({"a": 99, "b": 1}) == {"a": "A", "b": "C"}


def test_inclusive_puts_who_crosses_into_the_lower_tier(tiers):
    assert tiers({"a": 80, "b": 10, "c": 10}, inclusive=True) == {"a": "A", "b": "B", "c": "C"}
    assert tiers({"a": 81, "b": 14, "c": 5}, inclusive=True) == {"a": "B", "b": "B", "c": "C"}


def test_nothing_spent_is_no_tier(tiers):
    assert tiers({"a": 10, "b": 0, "c": -5}) == {"a": "A", "b": "none", "c": "none"}
    assert tiers({"b": 0}) == {"b": "none"}


def test_equal_totals_are_ordered_by_the_customers_key_whatever_the_row_order(tiers):
    wanted = {"a": "A", "b": "A", "c": "A", "d": "A", "e": "B"}
    assert tiers(dict.fromkeys("abcde", 10)) == wanted
    assert tiers(dict.fromkeys("ecadb", 10)) == wanted


def test_a_key_given_beside_an_allotted_number_decides_among_equals(tiers):
    keys = sql("(select * from (values (1, 'z'), (2, 'a'), (3, 'm')) k(customer, key))")
    assert tiers({1: 10, 2: 10, 3: 10}, cuts=[0.3], names=["top", "rest"], keys=keys) == {
        2: "top", 1: "rest", 3: "rest",
    }  # fmt: skip


def test_shares_may_be_of_customers_and_tiers_named(tiers):
    spent = {str(number): 10 - number for number in range(10)}
    found = tiers(spent, by="customers", cuts=[0.2], names=["top", "rest"])
    assert [who for who, tier in found.items() if tier == "top"] == ["0", "1"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"cuts": [0.95, 0.8]}, "cuts [0.95, 0.8] do not ascend between 0 and 1; write [0.8, 0.95]"),
        ({"cuts": [80, 95]}, "cuts [80, 95] do not ascend between 0 and 1; write [0.8, 0.95]"),
        ({"cuts": [0.8]}, "1 cuts make 2 tiers, and 3 different names are given; give one name to each"),
    ],
)
def test_cuts_and_names_have_to_fit(summary_of, options, says):
    with pytest.raises(UsageError) as caught:
        value_tier(summary_of(("a", 1, 1, 1)), **options)
    assert str(caught.value) == says
