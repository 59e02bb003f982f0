"""A seeded table of customers for the cleaning benchmark: nine fields, 15 % of the rows broken in the usual ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

BROKEN = 0.15
_LATIN_GIVEN = ["Alice", "Ben", "Chloe", "David", "Emma", "Grace", "Henry", "Jack", "Karin", "Maria", "Noah", "Paul"]
_LATIN_FAMILY = ["Morgan", "Carter", "Smith", "O'Brien", "Weber", "Müller", "Dubois", "Rossi", "McDonald", "Jones"]
_CHINESE_FAMILY = ["王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "欧阳", "司马"]
_CHINESE_GIVEN = ["伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "建国", "志强", "秀英", "桂英", "梓涵"]
_DOMAINS = ["gmail.com", "outlook.com", "qq.com", "163.com", "example.com", "example.co.uk", "mail.example.cn"]
_COMPANIES = (
    "{0}贸易有限公司",
    "{0}科技股份有限公司",
    "{1} Ltd",
    "{1} & Sons Inc.",
    "{1} GmbH",
    "{1} Trading Co., Ltd.",
)
_STREETS = ("{}号中山路", "Room {}, 29 Changjiang Road", "{} High Street", "Hauptstraße {}", "{} Main St, Apt 4")
_COUNTRIES = pl.DataFrame(
    {
        "country": ["CN", "CN", "CN", "US", "GB", "DE"],
        "spelled": ["中国", "P.R. China", "China", "USA", "United Kingdom", "Deutschland"],
        "code": ["86", "86", "86", "1", "44", "49"],
        "mobile": ["130", "158", "186", "212", "7911", "1512"],
        "phone": ["10", "21", "755", "650", "20", "30"],
        "mobile_length": [11, 11, 11, 10, 10, 11],
        "phone_length": [10, 10, 11, 10, 10, 10],
        "trunk": ["0", "0", "0", "", "0", "0"],
    }
)


def customers(rows: int, seed: int = 1) -> pl.DataFrame:
    """The table, as texts."""
    random = np.random.default_rng(seed)
    place = random.integers(0, _COUNTRIES.height, rows)
    frame = pl.DataFrame({"n": np.arange(rows), "chinese": place < 3, "broken": random.random(rows) < BROKEN}).hstack(
        _COUNTRIES[place]
    )
    frame = frame.with_columns(
        given=_pick(random, rows, _LATIN_GIVEN), family=_pick(random, rows, _LATIN_FAMILY),
        last=_pick(random, rows, _CHINESE_FAMILY), first=_pick(random, rows, _CHINESE_GIVEN),
        domain=_pick(random, rows, _DOMAINS), way=pl.Series(random.integers(0, 10, rows)),
        born=pl.Series(random.integers(-14_000, 12_000, rows)).cast(pl.Int32).cast(pl.Date),
        digits=pl.Series(random.integers(20_000_000, 99_999_999, rows)).cast(pl.String),
        other=pl.Series(random.integers(20_000_000, 99_999_999, rows)).cast(pl.String),
        form=_pick(random, rows, list(_COMPANIES)), street=_pick(random, rows, list(_STREETS)),
        sex=_pick(random, rows, ["male", "female"]),
    )  # fmt: skip
    mobile = (pl.col("mobile") + pl.col("digits")).str.slice(0, pl.col("mobile_length"))
    phone = (pl.col("phone") + pl.col("other") + "0").str.slice(0, pl.col("phone_length"))
    name = (
        pl.when("chinese").then(pl.concat_str("last", "first")).otherwise(pl.concat_str("given", pl.lit(" "), "family"))
    )
    user = pl.col("given").str.to_lowercase() + "." + pl.col("n").cast(pl.String)
    frame = frame.with_columns(
        name=name,
        email=user + "@" + pl.col("domain"),
        phone=pl.lit("+") + pl.col("code") + phone,
        mobile=pl.lit("+") + pl.col("code") + mobile,
        company=pl.col("form")
        .str.replace("{0}", pl.col("last") + pl.col("first"), literal=True)
        .str.replace("{1}", pl.col("family"), literal=True),
        address=pl.col("street").str.replace("{}", (pl.col("n") % 400).cast(pl.String), literal=True),
        birthday=pl.col("born").dt.to_string("%Y-%m-%d"),
        gender="sex",
        national=pl.col("trunk") + phone,
        local=pl.when(pl.col("code") == "86").then(mobile).otherwise(pl.col("trunk") + mobile),
    )
    return _broken(frame).select(
        pl.when("broken").then(f"bad {field}").otherwise(field).alias(field)
        for field in ("name", "email", "phone", "mobile", "company", "address", "country", "birthday", "gender")
    )


def _pick(random: np.random.Generator, rows: int, words: list[str]) -> pl.Series:
    return pl.Series(words).gather(random.integers(0, len(words), rows))


def _one_of(*ways: pl.Expr | str) -> pl.Expr:
    """A way of writing for each value of `way`, which has ten."""
    chain = pl.when(pl.lit(value=False)).then(pl.lit(None, dtype=pl.String))
    for number in range(10):
        way = ways[number % len(ways)]
        chain = chain.when(pl.col("way") == number).then(pl.lit(way) if isinstance(way, str) else way)
    return chain.otherwise(None)


def _wide(text: pl.Expr) -> pl.Expr:
    return text.str.replace_many(list("0123456789+"), list("０１２３４５６７８９＋"))


def _broken(frame: pl.DataFrame) -> pl.DataFrame:
    """Add every field as broken rows have it."""
    field = pl.col
    dashed = field("national").str.slice(0, 3) + "-" + field("national").str.slice(3)
    spaced = field("local").str.slice(0, 3) + " " + field("local").str.slice(3, 4) + " " + field("local").str.slice(7)
    born = field("born")
    return frame.with_columns(
        field("national").alias("plain"),
        **{
            "bad name": _one_of(field("name") + " ", field("name").str.to_uppercase(), _wide(field("name")),
                                field("name").str.replace("", "\u200b"), field("last") + " " + field("first")),
            "bad email": _one_of(field("email").str.to_uppercase(), field("email") + " ",
                                 field("email").str.replace("@", "＠"), field("email").str.replace("@", "@@"),
                                 field("email").str.replace(".com", "", literal=True), pl.lit("n/a"),
                                 field("email") + ";" + field("email")),
            "bad phone": _one_of(dashed, field("national"), field("phone") + " ext. 12", _wide(field("phone")),
                                 field("phone").str.replace("+", "00", literal=True), dashed + "转801",
                                 field("phone") + ".0",
                                 field("phone").str.slice(0, 8), pl.lit("无"), dashed + "/" + dashed),
            "bad mobile": _one_of(spaced, field("local"), _wide(spaced), field("mobile") + "1",
                                  field("local").str.slice(0, 3) + "****" + field("local").str.slice(7),
                                  pl.lit("手机：") + field("local")),
            "bad company": _one_of(field("company") + "  ", field("company").str.replace(" ", "  ", literal=True)),
            "bad address": _one_of(_wide(field("address")), field("address") + "\u3000", field("address")),
            "bad country": field("spelled"),
            "bad birthday": _one_of(born.dt.to_string("%Y/%m/%d"), born.dt.to_string("%Y年%m月%d日"),
                                    born.dt.to_string("%d.%m.%Y"), born.dt.to_string("%d %b %Y"), "0000-00-00",
                                    "1990-02-31"),
            "bad gender": _one_of("男", "F", "Female", "先生", "unknown"),
        },
    )  # fmt: skip


def write(path: Path, rows: int) -> None:
    """Write the table as CSV."""
    customers(rows).write_csv(path)
