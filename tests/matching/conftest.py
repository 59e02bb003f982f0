"""A small bilingual generator of customers with duplicates, households and typing errors, and its truth."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pytest

from crmctl.schema.column import Column
from crmctl.sql import SQL, ident

COLUMNS = [
    Column("名", "名", "given_name"), Column("select", "select", "family_name"), Column("birthday", "birthday", "date"),
    Column('e "mail"', 'e "mail"', "email"), Column("手机", "手机", "mobile"), Column("city", "city", "city"),
    Column("street", "street", "street"), Column("postal_code", "postal_code", "postal_code"),
    Column("company", "company", "company"),
]  # fmt: skip

GIVEN = ["robert", "william", "james", "margaret", "elizabeth", "susan", "thomas", "patricia", "edward", "katherine",
         "olivia", "daniel", "george", "helen", "martin", "laura", "peter", "nancy", "oscar", "julia", "victor", "emma",
         "henry", "alice", "simon", "carla", "dennis", "irene", "philip", "sandra"]  # fmt: skip
SHORT = {"robert": "bob", "william": "bill", "james": "jim", "margaret": "peggy", "elizabeth": "liz", "thomas": "tom",
         "patricia": "trish", "edward": "ted", "katherine": "kate", "daniel": "dan", "henry": "harry"}  # fmt: skip
SYLLABLES = ["bar", "den", "wick", "holt", "mar", "low", "stan", "ford", "kin", "ley", "ros", "thorn", "gar", "rick",
             "pel", "ham", "dor", "set", "wes", "ton"]  # fmt: skip
FAMILY_ZH = list("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕")
GIVEN_ZH = list("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国志文海云飞雪梅春龙")
CITIES = ["London", "Leeds", "Bristol", "York", "北京", "上海", "广州", "深圳", "成都", "杭州"]

Row = list[str | None]


@dataclass
class People:
    """Rows in the order of `COLUMNS`, and for each the person it is about."""

    rows: list[Row]
    truth: list[int]


def _person(rng: random.Random, number: int) -> Row:
    if rng.random() < 0.5:
        given = "".join(rng.sample(GIVEN_ZH, rng.choice([1, 2, 2])))
        family = rng.choice(FAMILY_ZH)
        user, host = f"u{rng.randrange(10**7)}", rng.choice(["qq.com", "163.com"])
        phone, street = f"+86 13{rng.randrange(10**9):09d}", f"建国路{rng.randrange(1, 900)}号{rng.randrange(1, 40)}室"
    else:
        given, family = rng.choice(GIVEN), "".join(rng.sample(SYLLABLES, rng.choice([2, 2, 3])))
        user, host = f"{given[:1]}.{family}{rng.randrange(10**4)}", rng.choice(["gmail.com", f"{family}.co.uk"])
        phone, street = f"+44 7{rng.randrange(10**9):09d}", f"{rng.randrange(1, 300)} {rng.choice(SYLLABLES)} street"
    born = f"{rng.randrange(1940, 2006)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
    company = f"{rng.choice(SYLLABLES)}{rng.choice(SYLLABLES)} trading ltd" if number % 3 == 0 else None
    postal = f"{rng.randrange(10**5):05d}"
    return [given, family, born, f"{user}@{host}", phone, rng.choice(CITIES), street, postal, company]


def _relative(rng: random.Random, household: list[Row], number: int) -> Row:
    """Someone else of a household: same family name, phone and address, and often the same mailbox."""
    of = household[0]
    other = _person(rng, number)
    while str(other[0]).isascii() != str(of[0]).isascii() or any(other[0] == known[0] for known in household):
        other = _person(rng, number)
    other[1] = of[1]
    other[4:8] = of[4:8]
    if rng.random() < 0.3:
        other[3] = of[3]
    return other


def _typo(rng: random.Random, text: str) -> str:
    if len(text) < 3:
        return text
    at = rng.randrange(1, len(text) - 1)
    match rng.randrange(3):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        case _:
            return text[:at] + rng.choice("abcdefghijkmnoprst0123456789") + text[at:]


def _again(rng: random.Random, person: Row) -> Row:
    """The same person as somebody else typed it."""
    row = list(person)
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        at = rng.randrange(len(row))
        value = row[at]
        if value is None:
            continue
        match rng.randrange(5):
            case 0 | 1 if at > 1:
                row[at] = None
            case 2 if at == 0:
                row[0] = SHORT.get(value, value.upper())
            case 3 if at == 4:
                row[4] = value.split(" ")[-1]
            case 4 if at in (0, 1):
                row[0], row[1] = row[1], row[0]
            case _ if value.isascii() or at > 1:
                row[at] = _typo(rng, value)
    return row


def make_people(count: int, seed: int = 1, duplicates: float = 0.2, households: float = 0.2) -> People:
    """About `count` rows, of which a share are duplicates, in random order."""
    rng = random.Random(seed)  # noqa: S311 - seeded test data
    rows: list[Row] = []
    truth: list[int] = []
    household: list[Row] = []
    for number in range(round(count * (1 - duplicates))):
        if household and rng.random() < households:
            person = _relative(rng, household, number)
            household.append(person)
        else:
            person = _person(rng, number)
            household = [person]
        for repeat in range(1 + (rng.random() < duplicates) * rng.choice([1, 1, 1, 2])):
            rows.append(_again(rng, person) if repeat else list(person))
            truth.append(number)
    order = rng.sample(range(len(rows)), len(rows))
    return People([rows[i] for i in order], [truth[i] for i in order])


@pytest.fixture
def people() -> Callable[..., People]:
    return make_people


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("set enable_progress_bar = false")
    yield connection
    connection.close()


@pytest.fixture
def table(con: duckdb.DuckDBPyConnection) -> Callable[..., SQL]:
    """Loads rows as a relation named `in "put"`, with the hidden columns in front."""

    def load(columns: Sequence[Column], rows: Sequence[Sequence[str | None]], ids: Sequence[int] | None = None) -> SQL:
        fields = ", ".join(f"{column.identifier.text} varchar" for column in columns)
        con.execute(f'create or replace table "in ""put""" (_id bigint, _source varchar, _line bigint, {fields})')
        numbers = list(ids) if ids is not None else list(range(1, len(rows) + 1))
        data = {"_id": numbers, "_source": ["file"] * len(rows), "_line": [n + 2 for n in range(len(rows))]}
        data |= {column.name: [row[i] for row in rows] for i, column in enumerate(columns)}
        types = {"_id": pa.int64(), "_line": pa.int64()}
        arrow = pa.table({name: pa.array(cells, type=types.get(name, pa.string())) for name, cells in data.items()})
        con.register("loading", arrow)
        con.execute('insert into "in ""put""" select * from loading')
        con.unregister("loading")
        return ident('in "put"')

    return load
