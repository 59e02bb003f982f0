"""A flat order export becomes customers, orders and order items, each once."""

from __future__ import annotations

import duckdb
import pytest

from crmctl.errors import UsageError
from crmctl.schema import load_preset, split_flat
from crmctl.sql import ident


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        yield connection


def split(con, preset, headers, rows):
    """Dataset -> its rows as dictionaries of the filled cells, with `line`."""
    names = [f'k "{number}"' for number in range(len(headers))]
    columns = ", ".join(f"{ident(name).text} varchar" for name in names)
    con.execute(f"create temp table lines (_id bigint, _source varchar, _line bigint, {columns})").fetchall()
    for number, row in enumerate(rows):
        marks = ", ?" * len(headers)
        con.execute(
            f"insert into lines values (?, 'shop', ?{marks})",  # noqa: S608 - question marks only
            [number, number + 2, *row],
        ).fetchall()
    found = {}
    for flat in split_flat(load_preset(preset), headers, names, ident("lines")):
        cells = con.execute(flat.query.text, flat.query.values).fetchall()
        fields = ["_source", "line", *(column.name for column in flat.columns)]
        assert all(row[0] == "shop" for row in cells)
        found[flat.name] = [
            {name: cell for name, cell in zip(fields, row, strict=True) if cell is not None and name != "_source"}
            for row in cells
        ]
        assert set(flat.key) <= set(fields)
    return found


SHOPIFY = ["Name", "Email", "Financial Status", "Created at", "Currency", "Total", "Lineitem quantity", "Lineitem name",
           "Lineitem price", "Billing Name", "Vendor"]  # fmt: skip


def test_the_later_lines_of_a_shopify_order_are_items_only(con):
    rows = [
        ["#1001", "ann@x.com", "paid", "2024-01-01", "USD", "36.00", "1", "Shirt", "10.00", "Ann Lee", "V1"],
        ["#1001", "ann@x.com", None, None, None, None, "2", "Hat", "13.00", None, "V2"],
        ["#1002", "Ann@x.com", "paid", "2024-02-01", "USD", "13.00", "1", "Hat", "13.00", "Ann B. Lee", "V2"],
        ["#1003", "bob@x.com", "paid", "2024-02-02", "USD", "10.00", "1", "Shirt", "10.00", "Bob Ray", "V1"],
    ]
    found = split(con, "shopify", SHOPIFY, rows)
    assert [(row["id"], row["full_name"]) for row in found["customers"]] == [
        ("ann@x.com", "Ann B. Lee"), ("bob@x.com", "Bob Ray"),
    ]  # fmt: skip
    assert [(row["id"], row["amount"], row["customer_id"]) for row in found["orders"]] == [
        ("#1001", "36.00", "ann@x.com"), ("#1002", "13.00", "ann@x.com"), ("#1003", "10.00", "bob@x.com"),
    ]  # fmt: skip
    assert [(row["line"], row["order_id"], row["product_name"], row["quantity"]) for row in found["order_items"]] == [
        (2, "#1001", "Shirt", "1"), (3, "#1001", "Hat", "2"), (4, "#1002", "Hat", "1"), (5, "#1003", "Shirt", "1"),
    ]  # fmt: skip
    assert [[*row.values()][-1] for row in found["order_items"]] == ["V1", "V2", "V2", "V1"]


TAOBAO = [
    "订单编号",
    "买家会员名",
    "买家实际支付金额",
    "收货人姓名",
    "联系手机",
    "订单创建时间",
    "宝贝标题",
    "宝贝数量",
    "宝贝价格",
    "包装",
]


def test_an_order_total_on_every_line_counts_once(con):
    rows = [
        ["A1", "tb_1", "30.00", "张三", "13812345670", "2024-01-01 10:00", "杯子", "1", "10", "盒"],
        ["A1", "tb_1", "30.00", "张三", "13812345670", "2024-01-01 10:00", "碗", "2", "10", "袋"],
        ["A2", "tb_1", "5.00", "张三丰", "13812345670", "2024-03-01 10:00", "碗", "1", "5", "袋"],
    ]
    found = split(con, "taobao", TAOBAO, rows)
    assert [(row["id"], row["full_name"], row["mobile"]) for row in found["customers"]] == [
        ("tb_1", "张三丰", "13812345670")
    ]
    assert [(row["id"], row["amount"]) for row in found["orders"]] == [("A1", "30.00"), ("A2", "5.00")]
    assert len(found["order_items"]) == 3


def test_the_order_report_of_taobao_has_one_line_for_an_order(con):
    headers = ["订单编号", "买家会员名", "买家实际支付金额", "收货人姓名", "联系手机", "订单创建时间", "买家留言"]
    found = split(con, "taobao", headers, [["A1", "tb_1", "30", "张三", "13812345670", "2024-01-01", "请快点"]])
    assert set(found) == {"customers", "orders"}
    assert "请快点" in found["orders"][0].values()


DOUYIN = [
    "主订单编号",
    "子订单编号",
    "选购商品",
    "商品数量",
    "商品单价",
    "订单应付金额",
    "收件人",
    "收件人手机号",
    "订单提交时间",
]


def test_the_shares_of_sub_orders_add_up(con):
    rows = [
        ["B1", "B11", "杯", "2", "10.00", "20.00", "李*", "18400000000-1234", "2024-01-01"],
        ["B1", "B12", "碗", "1", "7.50", "7.50", "李*", "18400000000-1234", "2024-01-01"],
        ["B2", "B21", "碗", "1", "7.50", "7.50", "王五", "13912345671", "2024-01-02"],
    ]
    found = split(con, "douyin", DOUYIN, rows)
    assert [(row["id"], row["amount"]) for row in found["orders"]] == [("B1", "27.50"), ("B2", "7.50")]
    assert [row["amount"] for row in found["order_items"]] == ["20.00", "7.50", "7.50"]


def test_equal_shares_of_sub_orders_add_up_where_they_are_price_times_quantity(con):
    rows = [
        ["B1", "B11", "杯", "1", "10.00", "10.00", "王五", "13912345671", "2024-01-01"],
        ["B1", "B12", "碗", "2", "5.00", "10.00", "王五", "13912345671", "2024-01-01"],
    ]
    [order] = split(con, "douyin", DOUYIN, rows)["orders"]
    assert order["amount"] == "20.00"


def test_masked_buyers_are_told_apart_by_their_orders(con):
    rows = [
        ["A1", "t**1", "5", "张*", "138****5670", "2024-01-01", "杯子", "1", "5", ""],
        ["A2", "t**1", "6", "张*", "138****5670", "2024-01-02", "杯子", "1", "6", ""],
        ["A3", "t**1", "6", "张*", "18400000000转1234", "2024-01-02", "杯子", "1", "6", ""],
    ]
    found = split(con, "taobao", TAOBAO, rows)
    assert len(found["customers"]) == 3
    assert len({row["customer_id"] for row in found["orders"]}) == 3


def test_a_phone_tells_the_buyer_however_it_is_written(con):
    headers = ["订单号", "订单实付金额", "买家手机号", "商品名称", "商品数量", "商品单价", "订单创建时间"]
    rows = [
        ["C1", "27", "13912345671", "杯", "2", "10", "2024-01-01"],
        [None, None, None, "碗", "1", "7", None],
        ["C2", "7", "+86 139 1234 5671", "碗", "1", "7", "2024-02-01"],
    ]
    found = split(con, "youzan", headers, rows)
    assert [row["id"] for row in found["customers"]] == ["13912345671"]
    assert [(row["id"], row["amount"]) for row in found["orders"]] == [("C1", "27"), ("C2", "7")]
    assert [row["order_id"] for row in found["order_items"]] == ["C1", "C1", "C2"]


def test_headers_that_the_preset_does_not_know_go_where_their_words_say(con):
    headers = ["订单编号", "会员编号", "姓名", "手机", "成交金额", "下单日期", "商品", "件数", "礼盒"]
    rows = [["A1", "V7", "张三", "13812345670", "30", "2024-01-01", "杯子", "3", "红"]]
    found = split(con, "weimob", headers, rows)
    assert found["customers"][0] | {"line": 0} == {
        "line": 0, "id": "V7", "full_name": "张三", "mobile": "13812345670", "source": "微盟",
    }  # fmt: skip
    order = found["orders"][0]
    assert (order["id"], order["amount"], order["ordered_at"], order["customer_id"]) == ("A1", "30", "2024-01-01", "V7")
    item = found["order_items"][0]
    assert (item["product_name"], item["quantity"]) == ("杯子", "3")
    assert "红" in item.values()


@pytest.mark.parametrize("preset", ["shopify", "taobao", "douyin", "youzan", "weimob"])
def test_no_cell_is_lost(con, preset):
    flat = load_preset(preset)
    headers = list(dict.fromkeys(header for table in flat.tables.values() for header in table.fields))
    headers += ["自定义", "Custom 1"]
    row = [f"v{number}" for number in range(len(headers))]
    found = split(con, preset, headers, [row])
    kept = {cell for rows in found.values() for each in rows for cell in each.values()}
    assert set(row) <= kept


def test_a_file_without_order_numbers_is_refused_with_the_headers_name(con):
    with pytest.raises(UsageError, match="no column holds the order number that youzan exports call '订单号'"):
        split(con, "youzan", ["商品名称", "数量"], [["杯", "1"]])


def test_a_preset_of_single_tables_is_not_flat(con):
    with pytest.raises(UsageError, match="the preset hubspot holds one table at a time"):
        split(con, "hubspot", ["Email"], [["a@x.com"]])
