"""A delimited file that goes out as it came in: what was not changed is the same bytes."""

from __future__ import annotations

import random
from typing import Any

import pytest

WORDS = {
    "zh": (["编号", "姓名", "手机", "城市", "备注"], ["张伟", "欧阳娜娜", "李雷"], ["北京市海淀区", "说{q}好{q}的", "有{d}号", "两行{n}备注"]),
    "hant": (["編號", "姓名", "手機", "城市", "備註"], ["陳志明", "許功蓋", "林淑芬"], ["台北市大安區", "客戶{q}好{q}", "高雄{d}四維", "兩行{n}備註"]),
    "ja": (["番号", "氏名", "携帯電話", "住所", "備考"], ["佐藤健", "鈴木一郎"], ["東京都新宿区", "備考{q}あり{q}", "大阪{d}北区", "二行{n}備考"]),
    "ko": (["번호", "이름", "휴대폰", "주소", "비고"], ["김민수", "이영희"], ["서울특별시 강남구", "비고{q}있음{q}", "부산{d}우동", "두줄{n}비고"]),
    "fr": (["id", "name", "mobile", "city", "note"], ["José", "Zoë Brontë"], ["São Paulo", "dit {q}oui{q}", "Köln{d}é", "deux{n}été"]),
}  # fmt: skip
ENCODINGS = {
    "utf-8": "zh", "utf-8-sig": "zh", "gb18030": "zh", "big5": "hant", "cp932": "ja", "cp949": "ko", "cp1252": "fr",
    "utf-16": "zh", "utf-16-be": "zh",
}  # fmt: skip
QUOTINGS = ("none", "minimal", "all", "some columns", "non-numeric", "needless")


class Sample:
    """A small file whose spelling is drawn by chance."""

    def __init__(self, encoding: str, chance: random.Random) -> None:
        self.encoding, self._chance = encoding, chance
        self.headers, names, notes = WORDS[ENCODINGS[encoding]]
        self.delimiter, self._end = chance.choice(",;\t|"), chance.choice(["\n", "\r\n", "\r", "mixed"])
        self._quoting, self._quote = chance.choice(QUOTINGS), chance.choice('"""\'')
        self._escape = chance.choice(["double", "double", "backslash"])
        filled = [text.format(q=self._quote, d=self.delimiter, n=" " if self._end == "\r" else "\n") for text in notes]
        self._rows = [
            [
                str(1000 + number),
                chance.choice(names),
                f"{chance.choice(['138', '+86 139-'])}{chance.randrange(10**8):08d}",
                chance.choice(["", " a ", "b c"]),
                chance.choice([*filled, ""]),
            ]
            for number in range(chance.choice([3, 12]))
        ]

    def cell(self, column: int, text: str) -> str:
        quote = self._quote
        if self._quoting == "none":
            return "".join(char for char in text if char not in f"{self.delimiter}{quote}\n\\")
        needed = any(mark in text for mark in (self.delimiter, quote, "\n", "\\"))
        wanted = {
            "minimal": False, "all": True, "some columns": column in {1, 3}, "non-numeric": not text.isdigit(),
            "needless": self._chance.random() < 0.1,
        }  # fmt: skip
        if not (needed or wanted[self._quoting]):
            return text
        if self._escape == "backslash":
            return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote
        return quote + text.replace(quote, quote * 2) + quote

    def end(self) -> str:
        return self._chance.choice(["\n", "\r\n"]) if self._end == "mixed" else self._end

    def text(self) -> str:
        chance = self._chance
        pieces = [self._rows[0][1] + self.end()] if chance.random() < 0.1 else []
        for number, row in enumerate([self.headers, *self._rows]):
            pieces += [self.delimiter.join(self.cell(place, text) for place, text in enumerate(row)), self.end()]
            if number == 1 and chance.random() < 0.2:
                pieces.append(self.end())
        return "".join(pieces if chance.random() < 0.8 else pieces[:-1])

    def content(self) -> bytes:
        mark = "\ufeff" if self.encoding == "utf-16-be" else ""
        return (mark + self.text()).encode(self.encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_file_exported_in_its_own_shape_is_the_same_bytes(cli: Any, encoding: str) -> None:
    chance = random.Random(f"shape {encoding}")  # noqa: S311 - test data
    for _ in range(3):
        content = Sample(encoding, chance).content()
        (cli.folder / "f.csv").write_bytes(content)
        cli("export", "f.csv", "-o", "g.csv", "--quiet")
        assert (cli.folder / "g.csv").read_bytes() == content
        (cli.folder / "g.csv").unlink()


ODD = {
    "a trailing delimiter": b"id,name,\n1,Tom,\n2,Ann,\n",
    "formulas around ids": b'id,name\n="001",Tom\n="002",Ann\n',
    "a total at the end": "编号,姓名,金额\n1,张三,10\n2,李四,20\n合计,,30\n".encode("gb18030"),
    "an instruction row": "姓名,手机\n必填,选填\n张三,13800138000\n李四,13900139000\n".encode(),
    "two tables": b"id,name,phone\n1,Tom,137\n2,Ann,138\n\norder,amount\nA1,10\nA2,20\n",
    "an announced delimiter": b"sep=;\nid;name\n1;Tom\n2;Ann\n",
    "stray quotes": b'id,name,phone\n1,"Tom "T" X",137\n2,Ann,138\n3,x"y,139\n',
    "one header twice": b"name,name\n1,2\n3,4\n",
    "two spellings of one character": b"\x8e\x81\x96\xbc,n\n\xee\xe0\xed\x40,1\n" + "佐藤,2\n".encode("cp932"),
    "only a header": b"id,name\r\n",
    "lines in cells": b'id,name\n1,"To\nm"\n2,"A""n\n\nn"',
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD.keys())
def test_an_odd_file_is_the_same_bytes_too(cli: Any, content: bytes) -> None:
    (cli.folder / "f.csv").write_bytes(content)
    cli("export", "f.csv", "-o", "g.csv")
    assert (cli.folder / "g.csv").read_bytes() == content
    assert cli("export", "-", "-o", "-", stdin=content).data == content


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("gb18030", ","), ("big5", "|"), ("utf-16", "\t"), ("utf-8-sig", ";")]
)
def test_cleaning_one_field_changes_its_cells_and_nothing_else(cli: Any, encoding: str, delimiter: str) -> None:
    headers, names, _ = WORDS[ENCODINGS[encoding]]
    phone = headers[2]
    lines = [
        [headers[0], f'"{headers[1]}"', phone, headers[3]],
        ["001", f'"{names[0]}"', '"138 0013 8000"', " x "],
        ["", "", "", ""],
        ["002", names[1], "139-0013-9000", '""'],
        ['"003"', names[0], "13700137000", ""],
    ]
    before = "\r\n".join(delimiter.join(line) for line in lines)
    after = before.replace("138 0013 8000", "13800138000").replace("139-0013-9000", "13900139000")
    (cli.folder / "f.csv").write_bytes(before.encode(encoding))
    cli("clean", "f.csv", "--fields", phone, "--level", "likely", "--region", "CN", "-o", "g.csv", "--in-place")
    found = (cli.folder / "g.csv").read_bytes().decode(encoding)
    assert found.replace("+86", "") == after
    assert found.count("+86") == 3


def test_a_choice_of_rows_and_columns_keeps_the_spelling_of_its_cells(cli: Any) -> None:
    (cli.folder / "f.csv").write_bytes(b'Kunden\r\nid;"name";note\r\n1;"Tom";a\r\n2;Ann;b\r\n"3";Bob;""')
    cli("export", "f.csv", "-o", "g.csv", "--where", "name != Ann")
    assert (cli.folder / "g.csv").read_bytes() == b'Kunden\r\nid;"name";note\r\n1;"Tom";a\r\n"3";Bob;""'
    cli("export", "f.csv", "-o", "h.csv", "--columns", "name,id", "--limit", "2")
    assert (cli.folder / "h.csv").read_bytes() == b'Kunden\r\n"name";id\r\n"Tom";1\r\nAnn;2\r\n'
