"""Workbooks through `import`: the right sheets, fields and values without a flag, and what Excel damaged."""

from __future__ import annotations

from typing import Any

from tests.conftest import CommandLine
from tests.formats.packages import made


def _customers(book: Any, sheet: Any) -> None:
    merge, padded = book.add_format(), book.add_format({"num_format": "00000"})
    sheet.merge_range("A1:F1", "客户信息登记表（2024年）", merge)
    sheet.merge_range("A2:A3", "姓名*", merge)
    sheet.merge_range("B2:C2", "联系方式", merge)
    sheet.write_row(2, 1, ["手机（必填）", "邮箱"])
    sheet.merge_range("D2:D3", "负责人", merge)
    sheet.merge_range("E2:E3", "身份证号", merge)
    sheet.merge_range("F2:F3", "会员编号", merge)
    sheet.write_row(3, 0, ["示例：张三", 13800138000, "a@b.com", "李经理"])
    for number in range(4):
        sheet.write_row(4 + number, 0, [f"客户{number}", 13800138000 + number, f"u{number}@x.com"])
        sheet.write_number(4 + number, 4, 110105194912310020 + number)
        sheet.write_number(4 + number, 5, 7 + number, padded)
    sheet.merge_range("D5:D8", "王经理", merge)
    sheet.write_row(8, 0, ["合计", 4])


def _contacts(_book: Any, sheet: Any) -> None:
    sheet.write_row(0, 0, ["联系人姓名", "手机"])
    sheet.write_row(1, 0, ["李四", "13900139000"])


def _notes(_book: Any, sheet: Any) -> None:
    sheet.write_column(0, 0, ["1. 请按模板填写", "2. 手机号必须为11位数字"])


def test_sheets_with_merged_cells_are_read_without_a_flag(cli: CommandLine) -> None:
    (cli.folder / "客户.xlsx").write_bytes(made(填写说明=_notes, 客户=_customers, 联系人=_contacts))
    told = cli("import", "客户.xlsx").err
    assert "客户.xlsx [客户]: read 7 = loaded 4 + rejected 0 + skipped 3" in told
    assert "客户.xlsx [联系人]: read 1 = loaded 1 + rejected 0 + skipped 0" in told
    assert "no table in 填写说明 (instructions)" in told
    assert "findings: 4 damaged" in told
    rows = cli("query", "select id, full_name, mobile, email, owner from customers order by mobile").rows
    assert rows[0] == {
        "id": "00007", "full_name": "客户0", "mobile": "13800138000", "email": "u0@x.com", "owner": "王经理",
    }  # fmt: skip
    assert [row["full_name"] for row in rows] == ["客户0", "客户1", "客户2", "客户3"]


def test_phones_in_powers_of_ten_are_damaged_in_text_files_too(cli: CommandLine) -> None:
    lines = ["会员ID,姓名,手机,备注"] + [f"{n},张{n},1380013800{n},1.5E+10" for n in range(8)] + ["9,李四,1.38E+10,x"]
    (cli.folder / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = cli("import", "a.csv").err
    assert "mobile: cells that a spreadsheet damaged: 1" in told
    assert "findings: 1 damaged" in told
