"""Orders, their lines and the other events: sums, tails, and effects that are really there."""

from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from crmctl.sampling import generate


@pytest.fixture(scope="module")
def orders(sample, read):
    return read(sample / "orders.csv")


def test_the_lines_add_up_to_the_order(sample, orders, read):
    sums = defaultdict(Decimal)
    for line in read(sample / "order_items.csv"):
        assert Decimal(line["Quantity"]) * Decimal(line["Unit Price"]) == Decimal(line["Amount"])
        sums[line["Order ID"]] += Decimal(line["Amount"])
    assert sums == {order["Order ID"]: Decimal(order["Amount"]) for order in orders}


def test_about_five_orders_a_customer_with_a_heavy_tail(orders):
    counts = Counter((order["Customer Source"], order["Customer ID"]) for order in orders if order["Customer ID"])
    assert 4 < len(orders) / 3000 < 6.5
    assert 0.15 < 1 - len(counts) / 3000 < 0.35
    top = sum(count for _, count in counts.most_common(len(counts) // 10))
    assert top / len(orders) > 0.3


def test_cancelled_and_refunded_orders_are_negative(orders):
    negative = {order["Status"] for order in orders if order["Amount"].startswith("-")}
    positive = {order["Status"] for order in orders if not order["Amount"].startswith("-")}
    assert negative == {"cancelled", "refunded"}
    assert positive == {"completed", "pending"}


def test_exactly_one_order_has_an_impossible_date(orders):
    assert [order["Ordered At"] for order in orders if order["Ordered At"][5:10] == "02-30"] == ["2026-02-30 10:15:00"]


def test_the_last_purchase_in_the_shop_is_the_last_order(sample, orders, read):
    last = defaultdict(str)
    for order in orders:
        last[order["Customer Source"], order["Customer ID"]] = max(
            last[order["Customer Source"], order["Customer ID"]], order["Ordered At"]
        )
    members = [row for row in read(sample / "shop.csv", "gb18030") if row["最近购买时间"]]
    same = [last["shop", row["会员ID"]] == row["最近购买时间"] for row in members]
    # Guest orders belong to members too, whom nobody recognised.
    assert sum(same) / len(same) > 0.93


def test_campaigns_have_a_real_uplift(tmp_path, read):
    generate(tmp_path, customers=20_000, seed=4)
    bought, members = Counter(), Counter()
    for row in read(tmp_path / "campaigns.csv"):
        members[row["Group"]] += 1
        bought[row["Group"]] += row["Converted"] == "true"
        assert (row["Sent At"] == "") == (row["Group"] == "control")
        assert row["Sent At"] <= (row["Opened At"] or "9") <= (row["Clicked At"] or "9")
    rate = {group: bought[group] / members[group] for group in members}
    assert 0.015 < rate["treatment"] - rate["control"] < 0.045


def test_nobody_is_twice_in_one_campaign(sample, read):
    members = Counter(
        (row["Campaign ID"], row["Customer Source"], row["Customer ID"]) for row in read(sample / "campaigns.csv")
    )
    assert max(members.values()) == 1


def test_open_opportunities_close_later_and_closed_ones_earlier(sample, read):
    for row in read(sample / "opportunities.csv"):
        assert (row["Close Date"] >= "2026-06-30") == (not row["Stage"].startswith("Closed"))


def test_scores_stay_on_their_scale(sample, read):
    scores = defaultdict(set)
    for row in read(sample / "feedback.csv"):
        scores[row["Kind"]].add(int(row["Score"]))
    assert scores["nps"] <= set(range(11))
    assert scores["csat"] <= set(range(1, 6))
    assert max(scores["nps"]) == 10
    assert min(scores["csat"]) == 1


def test_tickets_run_forward_in_time(sample, read):
    for row in read(sample / "tickets.csv"):
        times = [row[name] for name in ("Created At", "First Response At", "Resolved At") if row[name]]
        assert times == sorted(times)
        assert bool(row["Resolved At"]) == (row["Status"] in {"closed", "resolved"})
