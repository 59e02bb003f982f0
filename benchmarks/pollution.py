"""Polluted copies of clean tables, made by seeded code: one defect each, and some together. Measuring is apart."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Row = list[str]

CITIES = ["北京", "上海", "广州", "Oslo", "São Paulo", "New York", "成都", "Köln"]
FAMILY = ["王", "李", "张", "刘", "陈", "Smith", "Jones", "García", "Müller", "O'Neil"]
GIVEN = ["伟", "芳", "秀英", "敏", "静", "Anna", "John", "Luis", "Wei", "Mary"]
NOTES = [
    "",
    "",
    "VIP",
    "call after 6, not before",
    'said "maybe"',
    "两年老客户，续费；已联系",
    "moved\nto Berlin",
    "no calls",
    "a; b",
    "5' 10\" tall",
    "prefers e-mail",
    "生日送花",
    "https://example.com/a?b=1,2",
    "C:\\data\\new",
    "50% off",
]


@dataclass(frozen=True)
class Case:
    """A polluted file and what it holds.

    Args:
        name: The defect.
        content: The file.
        header: The header cells; empty where there is none.
        rows: The records.
    """

    name: str
    content: bytes
    header: Row
    rows: list[Row]


@dataclass(frozen=True)
class Spelling:
    """How a table is written down."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = "double"
    end: str = "\n"
    everything: bool = False

    def cell(self, text: str) -> str:
        """A cell as it is written."""
        special = (self.delimiter, self.quote or "\0", "\n", "\r", *('"' if self.quote == '"' else ()))
        if not self.everything and not any(mark in text for mark in special):
            return text
        if not self.quote:
            return "".join(" " if mark in {self.delimiter, "\n", "\r"} else mark for mark in text)
        if self.escape == "backslash":
            text = text.replace("\\", "\\\\").replace(self.quote, "\\" + self.quote)
        elif self.escape == "double":
            text = text.replace(self.quote, self.quote * 2)
        return self.quote + text + self.quote

    def line(self, row: Sequence[str]) -> str:
        """A record without its end."""
        return self.delimiter.join(map(self.cell, row))

    def text(self, rows: Sequence[Sequence[str]]) -> str:
        """All records, each with its end."""
        return "".join(self.line(row) + self.end for row in rows)


def customers(seed: int, count: int = 60) -> tuple[Row, list[Row]]:
    """A clean table of bilingual customers."""
    chance = random.Random(seed)  # noqa: S311 - test data
    header = ["客户编号", "姓名", "手机", "email", "city", "生日", "amount", "notes"]
    rows = []
    for number in range(count):
        family, given = chance.choice(FAMILY), chance.choice(GIVEN)
        name = f"{given} {family}" if given.isascii() else f"{family}{given}"
        rows.append([
            f"C{number + 1001:05}", name, f"1{chance.randrange(3, 10)}{chance.randrange(10**8, 10**9)}",
            f"user{number}@example.{chance.choice(['com', 'cn', 'org'])}", chance.choice(CITIES),
            f"{chance.randrange(1950, 2005)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            f"{chance.randrange(100, 99_999) / 100:.2f}", chance.choice(NOTES),
        ])  # fmt: skip
    return header, rows


def orders(seed: int, count: int = 40) -> tuple[Row, list[Row]]:
    """A clean table of orders, all in English and without quotes."""
    chance = random.Random(seed)  # noqa: S311 - test data
    rows = [
        [f"{5000 + number}", f"2024-0{chance.randrange(1, 10)}-1{chance.randrange(10)} 1{chance.randrange(10)}:30",
         f"SKU-{chance.randrange(100, 999)}", str(chance.randrange(1, 9)), chance.choice(["paid", "open", "refunded"])]
        for number in range(count)
    ]  # fmt: skip
    return ["order_id", "ordered at", "sku", "quantity", "status"], rows


def cases() -> Iterator[Case]:
    """All polluted files, the same on every run."""
    for make in (_spelled, _ended, _around, _headed, _ragged, _quoted, _encoded, _several, _together):
        yield from make()


def _case(name: str, text: str, header: Row, rows: list[Row], encoding: str = "utf-8") -> Case:
    return Case(name, text.encode(encoding), header, rows)


def _spelled() -> Iterator[Case]:
    delimiters = {
        "comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "colon": ":", "space": " ", "caret": "^",
        "tilde": "~",
        "hash": "#", "bang": "!", "unit separator": "\x1f", "ctrl-A": "\x01", "section": "§", "double pipe": "||",
        "double colon": "::", "pipe tilde pipe": "|~|", "comma space": ", ", "spaced pipe": " | ", "ampersand": "&",
    }  # fmt: skip
    for number, (name, mark) in enumerate(delimiters.items()):
        header, rows = customers(number)
        if mark in {":", "&", "#", "!"}:
            rows = [[*row[:7], row[7].replace("https", "see ")] for row in rows]
        yield _case(f"delimiter {name}", Spelling(mark).text([header, *rows]), header, rows)
    for number, (name, mark) in enumerate({"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}.items()):
        header, rows = orders(number)
        yield _case(f"no quotes needed, {name}", Spelling(mark).text([header, *rows]), header, rows)
    for mark in (",", ";", "\t"):
        for quote, name in (("'", "apostrophe"), ("`", "backtick")):
            header, rows = customers(30 + ord(mark))
            yield _case(f"quote {name}, {mark!r}", Spelling(mark, quote).text([header, *rows]), header, rows)
    header, rows = customers(41)
    yield _case("all quoted", Spelling(everything=True).text([header, *rows]), header, rows)
    yield _case(
        "quoted header only", Spelling(everything=True).line(header) + "\n" + Spelling().text(rows), header, rows
    )
    for mark in (",", ";"):
        spelling = Spelling(mark, escape="backslash")
        yield _case(f"backslash escapes, {mark}", spelling.text([header, *rows]), header, rows)
    yield _case(
        "backslash, all quoted", Spelling(escape="backslash", everything=True).text([header, *rows]), header, rows
    )
    spelled = Spelling("\t", quote="")
    plain = [[spelled.cell(cell) for cell in row] for row in rows]
    yield _case("tabs and no quoting", "".join("\t".join(row) + "\n" for row in [header, *plain]), header, plain)
    decimal = [[*row[:6], row[6].replace(".", ","), row[7]] for row in rows]
    yield _case("decimal commas", Spelling(";").text([header, *decimal]), header, decimal)
    yield _case("sep line", "sep=;\n" + Spelling(";").text([header, *rows]), header, rows)
    full = [[*row[:7], "地址：北京，朝阳；电话，" + row[0]] for row in rows]
    yield _case("full-width marks in cells", Spelling().text([header, *full]), header, full)
    some = [Spelling().line(row).replace(",", ", ", 2) for row in rows]
    yield _case(
        "spaces after some",
        "\n".join([Spelling().line(header), *some]),
        header,
        [[row[0], f" {row[1]}", f" {row[2]}", *row[3:]] for row in rows],
    )


def _ended() -> Iterator[Case]:
    for name, end in {"CRLF": "\r\n", "CR": "\r", "LF": "\n"}.items():
        header, rows = customers(50)
        rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
        yield _case(f"record ends {name}", Spelling(end=end).text([header, *rows]), header, rows)
    chance = random.Random(5)  # noqa: S311 - test data
    for name, ends in {
        "CRLF and LF": ["\r\n", "\n"],
        "all three": ["\r\n", "\n", "\r"],
        "LF and CR": ["\n", "\r"],
    }.items():
        text = "".join(Spelling().line(row) + chance.choice(ends) for row in [header, *rows])
        yield _case(f"record ends {name}", text, header, rows)
    header, rows = customers(51)
    yield _case("quoted newlines with CRLF", Spelling(end="\r\n").text([header, *rows]), header, rows)
    yield _case("no last newline", Spelling().text([header, *rows])[:-1], header, rows)
    yield _case("two last newlines", Spelling().text([header, *rows]) + "\n\n", header, rows)
    lines = Spelling().text([header, *rows[:20]])
    yield _case("DOS end of file", lines + "\x1a", header, rows[:20])
    spaced = "".join(Spelling().line(row) + "\n\n" for row in [header, *rows])
    yield _case("empty lines between", spaced, header, rows)
    with_nul = [
        [row[0], row[1][:1] + "\0" + row[1][1:], *row[2:]] if at % 9 == 0 else row for at, row in enumerate(rows)
    ]
    yield _case("NUL bytes", Spelling().text([header, *with_nul]), header, with_nul)
    yield _case("NUL padding at the end", lines + "\0" * 512, header, rows[:20])


def _around() -> Iterator[Case]:
    header, rows = customers(60)
    table = Spelling().text([header, *rows])
    above = {
        "title": "客户名单\n", "title and empty line": "Customer report\n\n",
        "comments": "# exported by: admin\n# rows, all of them\n",
        "padded title": "客户名单,,,,,,,\n", "padded title and empty row": "PREAMBLE,,,,,,,\n,,,,,,,\n",
        "keys and values": "Report:,Customers\nDate:,2024-05-01\nUser:,admin\n\n", "five lines": "A\nB\nC\nD\nE\n",
        "instructions": "说明：1. 请勿修改表头，2. 手机必填\n", "export time": "导出时间,2024-01-01 10:00,,,,,,\n",
    }  # fmt: skip
    for name, text in above.items():
        yield _case(f"above: {name}", text + table, header, rows)
    amount = f"{sum(float(row[6]) for row in rows):.2f}"
    below = {
        "合计": f"合计,,,,,,{amount},\n",
        "total after empty line": f"\nTotal,,,,,,{amount},\n",
        "rows affected": "\n(60 rows affected)\n",
        "共 60 条": "共 60 条记录\n",
        "note": "\n备注：数据截至昨日\n制表人：张三\n",
        "sum and note": f"总计,,,,,,{amount},\n注：含税\n",
        "end of report": "-- End of report --\n",
        "padded footnote": "Source: CRM export,,,,,,,\n",
        "empty rows": ",,,,,,,\n" * 30,
    }  # fmt: skip
    for name, text in below.items():
        yield _case(f"below: {name}", table + text, header, rows)
    yield _case("above and below", above["keys and values"] + table + below["sum and note"], header, rows)
    commented = table.split("\n")
    yield _case(
        "comments among the records", "\n".join([*commented[:1], *_woven(rows, "# checked")]) + "\n", header, rows
    )


def _woven(rows: list[Row], line: str) -> Iterator[str]:
    for number, row in enumerate(rows):
        if number % 20 == 10:
            yield line
        yield Spelling().line(row)


def _headed() -> Iterator[Case]:
    header, rows = customers(70)
    spelling = Spelling()
    body = spelling.text(rows)
    groups = ["基本信息", "", "联系方式", "", "", "其他", "", ""]
    joined = [
        "基本信息 客户编号",
        "基本信息 姓名",
        "联系方式 手机",
        "联系方式 email",
        "联系方式 city",
        "其他 生日",
        "其他 amount",
        "其他 notes",
    ]
    yield _case("two header rows, groups", spelling.text([groups, header]) + body, joined, rows)
    units = ["code", "text", "11 digits", "address", "place", "day", "CNY", "free"]
    yield _case(
        "two header rows, both full",
        spelling.text([header, units]) + body,
        [f"{a} {b}" for a, b in zip(header, units, strict=True)],
        rows,
    )
    told = ["必填", "必填", "必填，11位", "选填", "选填", "格式：YYYY-MM-DD", "选填", "选填，最多200字"]
    yield _case("instructions below the header", spelling.text([header, told]) + body, header, rows)
    yield _case("instructions above the header", spelling.text([told, header]) + body, header, rows)
    sample = ["示例", "张三", "13800138000", "a@b.cn", "北京", "1990-01-01", "12.50", "无"]
    yield _case("sample row below the header", spelling.text([header, sample]) + body, header, rows)
    types = ["varchar(10)", "text", "char(11)", "text", "text", "date", "decimal(10,2)", "text"]
    yield _case("types below the header", spelling.text([header, types]) + body, header, rows)
    yield _case("no header", body, [], rows)
    yield _case("no header, orders", spelling.text(orders(3)[1]), [], orders(3)[1])
    yield _case("only a header", spelling.text([header]), header, [])
    yield _case("one record", spelling.text([header, rows[0]]), header, rows[:1])
    repeated = [*rows[:20], header, *rows[20:40], header, *rows[40:]]
    yield _case("header again and again", spelling.text([header, *repeated]), header, rows)
    blank = [*header[:5], "", *header[6:]]
    yield _case("an empty header cell", spelling.text([blank]) + body, blank, rows)
    yield _case("a header with another delimiter", ";".join(header) + "\n" + body, header, rows)
    one = [[row[3]] for row in rows]
    yield _case("one column", "email\n" + "".join(f"{row[0]}\n" for row in one), ["email"], one)
    wide_header = [f"field {number}" for number in range(600)]
    wide = [[f"{row[0]}-{number}" for number in range(600)] for row in rows[:10]]
    yield _case("very wide", spelling.text([wide_header, *wide]), wide_header, wide)


def _ragged() -> Iterator[Case]:
    header, rows = customers(80)
    rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
    spelling, chance = Spelling(), random.Random(8)  # noqa: S311 - test data
    lines = [spelling.line(row) for row in rows]
    ended = [spelling.line(row) + "," for row in [header, *rows]]
    yield _case("delimiter at every end", "\n".join(ended) + "\n", header, rows)
    yield _case("delimiter at every record's end", "\n".join([spelling.line(header), *ended[1:]]) + "\n", header, rows)
    without = [[*row[:6], "", ""] if at % 5 == 0 else row for at, row in enumerate(rows)]
    short = [spelling.line(row[:6]) if at % 5 == 0 else lines[at] for at, row in enumerate(rows)]
    yield _case("last cells missing", "\n".join([spelling.line(header), *short]) + "\n", header, without)
    stripped = [spelling.line(row).rstrip(",") for row in [header, *rows]]
    yield _case("last empty cells cut off", "\n".join(stripped) + "\n", header, rows)
    surplus = [line + ",," if at % 7 == 0 else line for at, line in enumerate(lines)]
    yield _case("empty cells too many", "\n".join([spelling.line(header), *surplus]) + "\n", header, rows)
    for column in (2, 4, 6):
        holed = [
            spelling.line([*row[:column], *row[column + 1 :]]) if at % 15 == 3 else lines[at]
            for at, row in enumerate(rows)
        ]
        known = [[*row[:column], "", *row[column + 1 :]] if at % 15 == 3 else row for at, row in enumerate(rows)]
        yield _case(f"cell {column} missing in some", "\n".join([spelling.line(header), *holed]) + "\n", header, known)
        doubled = [
            spelling.line([*row[:column], "", *row[column:]]) if at % 15 == 3 else lines[at]
            for at, row in enumerate(rows)
        ]
        yield _case(
            f"an empty cell before {column} in some", "\n".join([spelling.line(header), *doubled]) + "\n", header, rows
        )
    other = [spelling.line(row) if at % 11 else Spelling(";").line(row) for at, row in enumerate(rows)]
    yield _case("some records with semicolons", "\n".join([spelling.line(header), *other]) + "\n", header, rows)
    addressed = [[*row[:7], f"No {chance.randrange(99)}, Main Street"] for row in rows]
    bare = [",".join(row) if at % 10 == 0 else spelling.line(row) for at, row in enumerate(addressed)]
    yield _case("bare commas in the last cell", "\n".join([spelling.line(header), *bare]) + "\n", header, addressed)


def _quoted() -> Iterator[Case]:
    header, rows = customers(90)
    rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
    for column in (0, 1, 4, 7):
        lines, known = [], []
        for at, row in enumerate(rows):
            cells = [Spelling().cell(cell) for cell in row]
            if at % 12 == 5:
                cells[column] = '"' + cells[column] if cells[column] else cells[column]
            lines.append(",".join(cells))
            extra = at % 12 == 5 and row[column]
            known.append([*row[:column], '"' + row[column], *row[column + 1 :]] if extra else row)
        yield _case(f"a stray quote opens cell {column}", "\n".join([",".join(header), *lines]) + "\n", header, known)
    titled = [[*row[:7], f'the "{row[1]}" family'] for row in rows]
    loose = Spelling(escape="none", everything=True)
    yield _case("unescaped quotes, all quoted", loose.text([header, *titled]), header, titled)
    comma = [[*row[:7], f'the "{row[1]}", and family'] for row in rows]
    yield _case("unescaped quotes before commas", loose.text([header, *comma]), header, comma)
    inch = [[*row[:7], f'{at % 40}" screen'] for at, row in enumerate(rows)]
    yield _case("inch marks in bare cells", "".join(",".join(row) + "\n" for row in [header, *inch]), header, inch)


def _encoded() -> Iterator[Case]:
    header, rows = customers(100)
    plain = [[cell.encode("gbk", "replace").decode("gbk") for cell in row] for row in rows]
    for encoding in ("gb18030", "gbk", "utf-8-sig", "utf-16"):
        known = plain if encoding == "gbk" else rows
        yield _case(f"encoding {encoding}", Spelling().text([header, *known]), header, known, encoding)
    latin = [[row[0], "José Müller", row[2], row[3], "Köln", row[5], row[6], "déjà vu"] for row in rows]
    west = ["id", "name", "phone", "email", "città", "born", "amount", "notes"]
    yield _case("encoding cp1252", Spelling(";").text([west, *latin]), west, latin, "cp1252")


def _several() -> Iterator[Case]:
    header, rows = customers(110)
    others, ordered = orders(111)
    spelling = Spelling()
    first, second = spelling.text([header, *rows]), spelling.text([others, *ordered])
    yield _case("two tables, an empty line between", first + "\n" + second, header, rows)
    yield _case("two tables, a title between", first + "\n订单\n" + second, header, rows)
    yield _case("two tables, nothing between", first + second, header, rows)
    yield _case("two tables, the narrow one first", second + "\n" + first, others, ordered)
    again = [["order_id", "客户", "phone", "mail", "place", "day", "price", "remark"]]
    yield _case("two tables of one width", first + "\n" + spelling.text([*again, *rows[:20]]), header, rows)


def _together() -> Iterator[Case]:
    header, rows = customers(120)
    rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
    semicolon = Spelling(";", end="\r\n")
    text = "客户名单\r\n\r\n" + semicolon.text([header, *rows]) + ";".join(["合计", *[""] * 5, "1,5", ""]) + "\r\n"
    yield _case("title, semicolons, CRLF, sum, GBK", text, header, rows, "gb18030")
    single = Spelling("|", "'")
    yield _case("pipes, apostrophes, preamble", "# dump\n" + single.text([header, *rows]), header, rows)
    tab = Spelling("\t", escape="backslash")
    yield _case("tabs, backslashes, no header", tab.text(rows), [], rows)
    ends = "".join(
        Spelling(";").line(row) + ";" + ("\r\n" if at % 3 else "\n") for at, row in enumerate([header, *rows])
    )
    yield _case("semicolons at the ends, mixed ends", ends, header, rows)
    told = ["必填", "必填", "必填", "选填", "选填", "选填", "选填", "选填"]
    short = [Spelling("\t").line(row).rstrip("\t") for row in rows]
    text = "导入模板\n" + "\n".join(["\t".join(header), "\t".join(told), *short]) + "\n"
    yield _case("title, tabs, instructions, cut cells", text, header, rows)
    yield _case(
        "UTF-16, tabs, footnote",
        Spelling("\t", end="\r\n").text([header, *rows]) + "\r\n备注：完\r\n",
        header,
        rows,
        "utf-16",
    )
    yield (
        _case(
            "sep, all quoted, sum",
            "sep=,\r\n"
            + Spelling(end="\r\n", everything=True).text([header, *rows])
            + '"合计","","","","","","99",""\r\n',
            header,
            rows,
        )
    )
