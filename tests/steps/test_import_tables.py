"""Files with several tables, flat order exports, mappings that are kept: what goes into which dataset, and what is told."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

CUSTOMERS = [
    ["客户编号", "公司名称", "统一社会信用代码", "行业"],
    ["C1", "甲有限公司", "", "茶"],
    ["C2", "乙有限公司", "", "酒"],
]
CONTACTS = [["联系人编号", "姓名", "手机", "邮箱", "职位"], ["P1", "张三", "13800138000", "z@example.cn", "经理"]]
NOTES = [["说明"], ["请勿修改表头"], ["谢谢"]]


def workbook(cli: Any, name: str, **sheets: list[list[str]]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(cli.folder / name)) as book:
        for title, table in sheets.items():
            sheet = book.add_worksheet(title)
            for number, line in enumerate(table):
                sheet.write_row(number, 0, line)


def datasets(cli: Any) -> dict[str, int]:
    return {row["dataset"]: row["rows"] for row in cli("datasets").rows}


def test_sheets_of_different_kinds_go_into_a_dataset_each(cli):
    workbook(cli, "crm.xlsx", 客户=CUSTOMERS, 联系人=CONTACTS)
    done = cli("import", "crm.xlsx")
    assert sorted(datasets(cli).values()) == [1, 2]
    assert len(cli("show").rows) == 4
    assert "crm.xlsx [客户]: read 2 = loaded 2" in done.err
    assert "crm.xlsx [联系人]: read 1 = loaded 1" in done.err
    again = cli("import", "crm.xlsx")
    assert "crm.xlsx: skipped, it is the same file as in run 1" in again.err
    assert "crm.xlsx: read 3 = loaded 0 + rejected 0 + skipped 3" in again.err


def test_undo_takes_back_every_dataset_of_an_import(cli):
    workbook(cli, "crm.xlsx", 客户=CUSTOMERS, 联系人=CONTACTS)
    cli("import", "crm.xlsx")
    cli("undo")
    assert datasets(cli) == {}
    cli("import", "crm.xlsx")
    assert len(datasets(cli)) == 2


def test_a_dry_run_of_several_tables_writes_none(cli):
    workbook(cli, "crm.xlsx", 客户=CUSTOMERS, 联系人=CONTACTS)
    done = cli("import", "crm.xlsx", "--dry-run")
    assert done.err.count("rows in 0 = out") == 2
    assert not cli.store.exists()


def tables(cli: Any, name: str, **rows: list[list[str]]) -> None:
    with sqlite3.connect(cli.folder / name) as con:
        for title, (headers, *lines) in rows.items():
            con.execute(f'create table "{title}" ({", ".join(f"{h!r}" for h in headers)})')
            con.executemany(f'insert into "{title}" values ({", ".join("?" * len(headers))})', lines)  # noqa: S608 - our own names


def test_a_table_that_fits_no_schema_beside_one_that_does_is_left_out_and_named(cli):
    tables(cli, "crm.sqlite", contacts=CONTACTS, settings=[["flavour", "weight"], ["mint", "1"]])
    done = cli("import", "crm.sqlite")
    assert len(datasets(cli)) == 1
    assert "crm.sqlite [settings] is left out, being of another kind (rows: 1)" in done.err
    assert "crm.sqlite [settings]: read 1 = loaded 0 + rejected 0 + skipped 1" in done.err
    cli("import", "crm.sqlite", "--sheet", "settings", "--into", "settings")
    assert datasets(cli)["settings"] == 1


def test_tables_of_one_schema_meet_in_the_dataset_that_is_named(cli):
    tables(cli, "crm.sqlite", january=CONTACTS, february=[CONTACTS[0], ["P2", "李四", "13900139000", "l@example.cn", ""]],
           orders=[["order id", "order date", "amount", "customer id"], ["1", "2026-01-01", "5", "P1"]])  # fmt: skip
    done = cli("import", "crm.sqlite", "--into", "people")
    assert datasets(cli) == {"people": 2}
    assert "[orders] is left out" in done.err


def test_a_step_on_a_file_takes_the_first_table_and_tells_of_the_others(cli):
    tables(cli, "crm.sqlite", alpha=CONTACTS, beta=CONTACTS)
    done = cli("clean", "crm.sqlite", "-o", "-", "--format", "csv")
    assert "not read: " in done.err
    assert "beta" in done.err.split("not read: ")[1].splitlines()[0]


def test_files_of_different_kinds_go_into_a_dataset_each(cli):
    cli.write("people.csv", [["1", "Ann", "a@example.com", "Rome"]], ["id", "name", "email", "city"])
    cli.write("sales.csv", [["1", "2026-01-01", "5", "1"]], ["order id", "order date", "amount", "customer id"])
    cli("import", "people.csv", "sales.csv")
    assert datasets(cli) == {"customers": 1, "orders": 1}


FLAT = [
    [
        "订单编号",
        "买家会员名",
        "收货人姓名",
        "联系手机",
        "宝贝标题",
        "购买数量",
        "买家实际支付金额",
        "订单创建时间",
        "自定义",
    ],
    ["1001", "a1", "张三", "13800138000", "茶", "2", "30.5", "2026-01-01 10:00:00", "x"],
    ["1001", "a1", "张三", "13800138000", "杯", "1", "30.5", "2026-01-01 10:00:00", "y"],
    ["1002", "b2", "李四", "13900139000", "茶", "1", "10", "2026-01-02 10:00:00", ""],
]


@pytest.fixture
def flat(cli: Any) -> Any:
    cli.write("t.csv", FLAT[1:], FLAT[0])
    return cli


def test_a_flat_order_export_becomes_customers_orders_and_items(flat):
    done = flat("import", "t.csv", "--from", "taobao")
    assert datasets(flat) == {"customers": 2, "orders": 2, "order_items": 3}
    assert done.err.count("t.csv: read 3 = loaded 3 + rejected 0 + skipped 0") == 1
    bought = flat(
        "query",
        "select c.full_name, i.product_name from order_items i join orders o on o.id = i.order_id"
        " join customers c on c.id = o.customer_id order by all",
    ).rows
    assert [tuple(row.values()) for row in bought] == [("张三", "杯"), ("张三", "茶"), ("李四", "茶")]
    assert [row["file"] for row in flat("explain", "orders", "1002").rows if row["kind"] == "read"] == ["t.csv"]


def test_the_next_flat_export_renews_what_it_brings_again(flat):
    flat("import", "t.csv", "--from", "taobao", "--source", "shop")
    changed = [[*FLAT[1][:5], "3", *FLAT[1][6:]], ["1003", *FLAT[3][1:]]]
    flat.write("t2.csv", changed, FLAT[0])
    flat("import", "t2.csv", "--from", "taobao", "--source", "shop")
    assert datasets(flat) == {"customers": 2, "orders": 3, "order_items": 4}
    amounts = flat("query", "select quantity from order_items where order_id = '1001' order by all").rows
    assert [row["quantity"] for row in amounts] == [1.0, 3.0]


def test_headers_of_a_flat_file_go_where_the_user_says_and_the_mapping_is_used_again(flat):
    flat.write("t.csv", FLAT[1:], ["我的单号", "会员", *FLAT[0][2:]])
    said = ["--map", "我的单号=id", "--map", "会员=customers.id", "--map", "自定义=order_items.product_id"]
    done = flat("import", "t.csv", "--from", "taobao", *said, "--save-map", "map.yaml")
    assert "会员 -> customers.id (given, 1.00)" in done.err
    assert "schema order: 5 of 5 headers mapped" in done.err
    customers, items = (
        "select id from customers order by 1",
        "select order_id, product_id from order_items order by all",
    )
    assert [row["id"] for row in flat("query", customers).rows] == ["a1", "b2"]
    found = flat("query", items).rows
    assert [tuple(row.values()) for row in found] == [("1001", "x"), ("1001", "y"), ("1002", None)]
    flat("import", "t.csv", "--map-file", "map.yaml", "--again")
    assert datasets(flat) == {"customers": 2, "orders": 2, "order_items": 3}
    assert flat("query", items).rows == found
    wrong = flat("import", "t.csv", "--from", "taobao", "--map", "自定义=nonsense", code=2).err
    assert "taobao has no field 'nonsense'" in wrong


def test_a_flat_snapshot_with_lines_that_cannot_be_read_removes_nothing(flat):
    flat("import", "t.csv", "--from", "taobao", "--source", "shop")
    text = ",".join(FLAT[0]) + "\n" + ",".join(FLAT[1]) + "\n" + ",".join(FLAT[2]) + ",too,many,cells\n"
    (flat.folder / "t2.csv").write_text(text, "utf-8")
    done = flat("import", "t2.csv", "--from", "taobao", "--source", "shop", "--mode", "snapshot", "--max-rejects", "9",
                "--max-removed", "99%")  # fmt: skip
    assert "rejected 1" in done.err
    assert datasets(flat) == {"customers": 2, "orders": 2, "order_items": 3}


def test_the_mapping_is_told_kept_and_used_again(cli):
    cli.write("a.csv", [["1", "Ann", "x"]], ["Nr", "Wer", "Rest"])
    done = cli("import", "a.csv", "--into", "people", "--schema", "customer", "--map", "Nr=id", "--map", "Wer=full_name",
               "--save-map", "map.yaml")  # fmt: skip
    assert "Wer -> full_name (given, 1.00)" in done.err
    kept = {row["header"]: (row["field"], row["reason"]) for row in cli("show", "--mapping").rows}
    assert kept["Nr"] == ("id", "given")
    assert kept["Rest"][0] is None
    cli.write("b.csv", [["2", "Bob"]], ["Nr", "Wer"])
    cli("import", "b.csv", "--into", "others", "--map-file", "map.yaml")
    assert cli("query", "select * from others").rows == [{"id": "2", "full_name": "Bob"}]
    missing = cli("import", "b.csv", "--into", "others", "--map", "Wen=name", code=2)
    assert "no column called 'Wen'; did you mean 'Wer'?" in missing.err


def test_a_run_shows_how_it_read_its_files(cli):
    (cli.folder / "a.csv").write_bytes("id;姓名\n1;张三\n".encode("gb18030"))
    cli("import", "a.csv", "--into", "people", "--encoding", "gb18030")
    shown = cli("show")
    assert any(line.startswith("read: a.csv: ") and "semicolon" in line for line in shown.err.splitlines())
    [read] = cli("show", "--inputs").rows
    assert read["records"] == 1
    assert len(read["sha256"]) == 64
    assert json.dumps(read["decision"])


def test_cells_wrapped_for_a_spreadsheet_and_cells_with_two_phones_are_understood(cli):
    cli.write("a.csv", [['="001"', "Ann", "13800138000、13900139000"], ['="002"', "Bob", "13700137000"]],
              ["会员ID", "姓名", "手机"])  # fmt: skip
    done = cli("import", "a.csv", "--into", "people")
    assert "会员ID: cells that were wrapped for a spreadsheet and are unwrapped: 2" in done.err
    found = cli("query", "select id, mobile, mobile2 from people order by id").rows
    assert [tuple(row.values()) for row in found] == [
        ("001", "13800138000", "13900139000"), ("002", "13700137000", None),
    ]  # fmt: skip
    [finding] = cli("show", "--findings").rows
    assert (finding["line"], finding["field"], finding["value"]) == (2, "mobile", "13800138000、13900139000")
