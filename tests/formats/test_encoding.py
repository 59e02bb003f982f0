from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from crmctl.errors import FileError
from crmctl.yamlfile import load

CASES = load(Path(__file__).with_name("encoding_cases.yaml")).data
HEADERS = ["name", "phone", "email", "city", "note"]
KINDS = ("one name", "one header", "one cell", "three rows", "many rows")


def _table(encoding: str, kind: str, chance: random.Random) -> list[list[str]]:
    """Mostly ASCII rows, with as much of the encoding's own as the kind says."""
    said = CASES[encoding]
    alone = kind.startswith("one")
    count = {"three rows": 3, "many rows": 200}.get(kind, chance.choice([3, 20, 500]))
    headers = HEADERS if alone else chance.sample(said["headers"], 5)
    rows = [list(headers)]
    for number in range(count):
        name = chance.choice(["Smith", "Brown", "Lee"] if alone else said["names"])
        city = chance.choice(["London", "Paris"] if alone else said["cells"])
        rows.append([name, f"138{chance.randrange(10**8):08d}", f"user{number}@example.com", city, "vip"])
    if kind == "one header":
        rows[0][chance.randrange(5)] = chance.choice(said["headers"])
    elif alone:
        column, words = (0, said["names"]) if kind == "one name" else (3, said["cells"])
        rows[chance.randrange(1, count + 1)][column] = chance.choice(words)
    return rows


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("encoding", CASES)
def test_an_encoding_is_found_however_little_of_it_there_is(bench: Any, encoding: str, kind: str) -> None:
    chance = random.Random(f"{encoding} {kind}")  # noqa: S311 - test data
    for _ in range(4):
        rows = _table(encoding, kind, chance)
        content = "\r\n".join(",".join(row) for row in rows).encode(encoding)
        reading = bench.read(content, header=True).reading
        assert reading.dialect.encoding == encoding
        assert reading.headers == rows[0]
        assert "%" in reading.decision


def test_a_name_that_happens_to_be_utf8_is_read_as_what_makes_sense(bench: Any) -> None:
    assert bench.read("name,city\n联通,b\n".encode("gb18030")).reading.dialect.encoding == "gb18030"
    for text in ("José", "Москва", "éß", "שלום"):
        assert bench.read(f"name,city\n{text},b\n").reading.dialect.encoding == "utf-8"


@pytest.mark.parametrize("text", ["é" * 12, "öööö", "ñ", "£", "½", "Ūla", "ġorġ", "Ω", "ЖЖЖ", "àèìòù"])
def test_utf8_is_believed_however_odd_its_text(bench: Any, text: str) -> None:
    reading = bench.read(f"id,name,note\n1,Ann,{text}\n2,Bob,x\n").reading
    assert (reading.dialect.encoding, "100 %" in reading.decision) == ("utf-8", True)


@pytest.mark.parametrize("text", ["女", "谢"])
def test_a_single_chinese_character_that_happens_to_be_utf8_is_not_taken_for_a_lone_letter(
    bench: Any, text: str
) -> None:
    with pytest.raises(FileError, match="it could be gb18030, utf-8"):
        bench.read(f"id,name,note\n1,Ann,{text}\n2,Bob,x\n".encode("gb18030"))


@pytest.mark.parametrize(
    "text", ["£12.50", "O’Neil", "it’s ‘new’", "Smith–Jones", "é", "Ü", "£5 – £10", "Rock ‘n’ Roll"]
)
def test_english_with_a_few_pounds_and_quotes_is_read(bench: Any, text: str) -> None:
    for times in (1, 3, 40):
        content = "id,name,note\n" + f"1,Ann,{text}\n2,Bob,x\n" * times
        assert bench.read(content.encode("cp1252"), header=True).reading.dialect.encoding == "cp1252"


@pytest.mark.parametrize(
    "cell", ["£{n}.00", "€{n}", "{n}°", "No. {n} – {n}", "Room {n}½", "Tom {n}’s", "§ {n}", "“{n}”"]
)
def test_english_with_many_different_amounts_is_read(bench: Any, cell: str) -> None:
    content = "id,name,note\n" + "".join(f"{n},Ann {n},{cell.format(n=n)}\n" for n in range(1, 30))
    assert bench.read(content.encode("cp1252"), header=True).reading.dialect.encoding == "cp1252"


def test_one_word_of_an_accented_language_is_refused_or_told_as_less_sure(bench: Any) -> None:
    for word in ("Łódź", "Győr", "Erdős", "Ştefan", "Wałęsa"):
        with pytest.raises(FileError, match="cp1250"):
            bench.read(f"id,name\n1,{word}\n2,Bob\n".encode("cp1250"))
    assert "(82 %)" in bench.read("id,name\n1,Žižka\n2,Bob\n".encode("cp1250")).reading.decision


def test_japanese_unix_text_is_not_taken_for_chinese(bench: Any) -> None:
    for word in ("東京", "鈴木一郎", "株式会社", "やまだ", "ヤマダ タロウ"):
        assert bench.read(f"id,name\n1,{word}\n2,Bob\n".encode("euc_jp")).reading.dialect.encoding == "euc_jp"


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-8", "utf-16"])
def test_a_file_that_ends_in_the_middle_of_a_character_is_told_and_not_guessed(bench: Any, encoding: str) -> None:
    content = ("姓名,電話\n" + "王小明,台北市大安區\n" * 50).encode(encoding)
    with pytest.raises(FileError, match="cut off"):
        bench.read(content[: content.rindex("區".encode(encoding)[-2:]) + 1])


def test_what_could_be_two_encodings_is_refused_with_both_names(bench: Any) -> None:
    content = b"name,phone\nTom,1\n" + "배송 훼뎨".encode("cp949") + b",2\n"
    with pytest.raises(FileError, match=r"it could be .*cp949.*--encoding|--encoding"):
        bench.read(b"name,phone\nTom,1\n\xb3\xea,2\n")
    assert bench.read(content, encoding="cp949").cells[1][0] == "배송 훼뎨"


def test_noise_is_no_text(bench: Any) -> None:
    noise = random.Random(1).randbytes(3_000).replace(b"\0", b"")  # noqa: S311 - test data
    with pytest.raises(FileError, match=r"fits well|holds no text"):
        bench.read(b"a,b\n" + noise)
    with pytest.raises(FileError, match="holds no text"):
        bench.read(bytes(range(256)) * 20)


@pytest.mark.parametrize("encoding", ["cp1251", "cp1250", "euc_jp", "koi8-r", "latin-1"])
def test_any_other_encoding_is_read_when_it_is_named(bench: Any, encoding: str) -> None:
    text = {"cp1251": "Иван", "koi8-r": "Иван", "cp1250": "Łódź", "euc_jp": "山田", "latin-1": "José"}[encoding]
    assert bench.read(f"a,b\n{text},2\n".encode(encoding), encoding=encoding, header=True).cells == [(text, "2")]


def test_longer_texts_of_other_single_byte_encodings_are_found(bench: Any) -> None:
    polish = "imię,miasto\n" + "Małgorzata Wiśniewska,Łódź\nPaweł Jagiełło,Kraków\nŚwiętosław,Częstochowa\n" * 3
    russian = "имя,город\n" + "Иван Петров,Москва\nМария Сидорова,Екатеринбург\n" * 3
    assert bench.read(polish.encode("cp1250")).reading.dialect.encoding == "cp1250"
    assert bench.read(russian.encode("cp1251")).reading.dialect.encoding == "cp1251"


def test_a_character_cut_by_a_block_is_whole(bench: Any) -> None:
    """The file is longer than the blocks in which it is read, and they end inside characters."""
    content = ("编号,备注\n" + "1,张\n" * 3 + "2,一二三四五六七八九十百千万亿人大小中\n" * 200_000).encode("gb18030")
    found = bench.read(content).reading
    assert (found.dialect.encoding, found.loaded, found.rejected) == ("gb18030", 200_003, 0)


def test_bytes_that_are_no_text_cost_their_own_record_only(bench: Any) -> None:
    good = "张伟,北京市海淀区\n".encode("gb18030")
    found = bench.read("姓名,地址\n".encode("gb18030") + good * 60 + b"\xff\xff,x\n" + good * 60)
    assert (found.reading.loaded, found.reading.rejected) == (120, 1)
    assert found.reading.dialect.encoding == "gb18030"
