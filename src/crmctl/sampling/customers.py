"""The columns of the three customer files, as their systems export them. How files are written is said elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from crmctl.sampling import phones
from crmctl.sampling.choice import Choice, words
from crmctl.sampling.cultures import CHINA
from crmctl.sampling.dates import birthdays, moment
from crmctl.sampling.noise import wide_digits
from crmctl.sampling.streams import Flags, Streams
from crmctl.sampling.templates import alter

CRM_COLUMNS = (
    "Customer ID", "First Name", "Last Name", "Email", "Mobile", "Phone", "Company", "Job Title", "Street", "City",
    "State", "Postal Code", "Country", "Birthday", "Gender", "Lead Source", "Status", "Owner", "Email Opt Out",
    "Created Date", "Last Activity", "Tags", "Notes",
)  # fmt: skip
SHOP_COLUMNS = (
    "会员ID", "姓名", "手机号", "邮箱", "省", "市", "区", "详细地址", "邮编", "生日", "性别", "会员等级", "注册时间",
    "最近购买时间", "备注",
)  # fmt: skip
POS_COLUMNS = (
    "会员卡号（必填）", "姓名（必填）", "*手机号码", "性别", "出生日期", "电子邮箱", "工作单位", "所在省", "所在城市",
    "区县", "详细地址", "邮政编码", "会员等级", "入会日期", "备注",
)  # fmt: skip
POS_INSTRUCTIONS = (
    "填写说明：带“*”或“（必填）”的列必须填写；日期格式如 2024-03-05；手机号码为 11 位数字；请勿修改表头。"
)


def _listed(streams: Streams, name: str, count: int, *entries: dict[str, Any], group: Any = None) -> pl.Series:
    return Choice.of_lists(*entries).texts(streams.uniform(name, count), group)


def _kept(streams: Streams, name: str, text: pl.Series, share: float) -> pl.Series:
    """The text in that share of the rows, null elsewhere."""
    absent = pl.Series("absent", [None], dtype=pl.String).new_from_index(0, text.len())
    return text.zip_with(pl.Series(streams.chance(name, text.len(), share)), absent)


def with_spellings(streams: Streams, frame: pl.DataFrame) -> pl.DataFrame:
    """The records with phones, birthdays and genders as written: `mobile landline birthday gender note`.

    `mobile` falls back on the landline in some Chinese records.
    """
    culture, chinese = frame["culture"].to_numpy(), frame["chinese"].to_numpy()
    home = (frame["source"] != 0).to_numpy()
    mobile = phones.spelled(streams.at("mobile"), frame.select("area", "local"), culture, home, mobile=True)
    landline = frame.select(pl.col("land_area").alias("area"), pl.col("land_local").alias("local"))
    text = words("texts")
    genders = [text["gender"][kind][sex] for kind in ("Latin", "CN") for sex in ("male", "female")]
    sex = 2 * chinese + frame["female"].to_numpy()
    gender = _listed(streams, "gender", frame.height, *genders, group=sex)
    notes = text["notes"]
    note = _listed(streams, "note", frame.height, notes["Latin"], notes["CN"], group=chinese.astype(np.int64))
    frame = frame.with_columns(
        mobile.alias("mobile"),
        phones.spelled(streams.at("landline"), landline, culture, home, mobile=False).alias("landline"),
        birthdays(streams, frame["born"], culture, chinese).alias("birthday"),
        _kept(streams, "has_gender", gender, 0.75).alias("gender"),
        _kept(streams, "has_note", note, 0.25).alias("note"),
    )
    return _spoil_phones(streams, frame, home & (culture == CHINA))


def _spoil_phones(streams: Streams, frame: pl.DataFrame, chinese: Flags) -> pl.DataFrame:
    """Placeholders, masked and full-width numbers, and landlines in the mobile's column."""
    count, lists = frame.height, words("texts")["placeholders"]
    missing = frame["mobile"].is_null().to_numpy()
    frame = alter(frame, "mobile", missing & streams.chance("landline_instead", count, 0.3), pl.col("landline"))
    frame = alter(
        frame,
        "mobile",
        streams.chance("masked", count, np.where(chinese, 0.02, 0.005)),
        phones.masked(pl.col("mobile")),
    )
    for column, rate in (("mobile", 0.012), ("landline", 0.008)):
        frame = alter(
            frame, column, chinese & streams.chance(f"wide_{column}", count, rate), wide_digits(pl.col(column))
        )
        for kind, group in (("phone", ~chinese), ("chinese_phone", chinese)):
            fakes = pl.Series("_fake", lists[kind]).gather(
                streams.integers(f"{kind}_{column}", count, 0, len(lists[kind]))
            )
            frame = frame.with_columns(fakes)
            frame = alter(frame, column, group & streams.chance(f"fake_{kind}_{column}", count, 0.01), pl.col("_fake"))
    return alter(frame, "postal", chinese & streams.chance("wide_postal", count, 0.004), wide_digits(pl.col("postal")))


def crm(streams: Streams, frame: pl.DataFrame) -> pl.DataFrame:
    """The records of the CRM under its own headers."""
    text, count = words("texts"), frame.height
    whole = frame["chinese"].to_numpy() & streams.chance("whole_name", count, 0.25)
    frame = alter(frame, "family", whole, pl.concat_str("family", pl.col("given").fill_null("")))
    frame = alter(frame, "given", whole, pl.lit(None))
    out = streams.chance("opted_out", count, 0.08).astype(np.int64)
    opted = _listed(streams, "opt_out", count, text["opted_in"], text["opted_out"], group=out)
    # Nobody who opted out loses the wish.
    opted = opted.zip_with(pl.Series(out == 1), _kept(streams, "opt_out_known", opted, 0.8))
    texts = [
        *frame["number", "given", "family", "email", "mobile", "landline", "company", "title", "street", "city"],
        *frame["region", "postal", "country", "birthday", "gender"],
        _kept(streams, "has_source", _listed(streams, "lead_source", count, text["lead_source"]), 0.9),
        _listed(streams, "status", count, text["status"]),
        _listed(streams, "owner", count, text["owner"]),
        opted,
        moment(frame["created"], "%Y-%m-%d %H:%M"),
        moment(frame["active"], "%Y-%m-%d"),
        _kept(streams, "has_tags", _listed(streams, "tags", count, text["tags"]), 0.3),
        frame["note"],
    ]  # fmt: skip
    return _under(CRM_COLUMNS, texts)


def _whole_name(streams: Streams, frame: pl.DataFrame) -> pl.Series:
    """Chinese names without a blank, as a rule; others given name first or with a comma."""
    gap = pl.Series(streams.chance("gap", frame.height, 0.02))
    comma = pl.Series(streams.chance("comma", frame.height, 0.15))
    family, given = pl.col("family"), pl.col("given").fill_null("")
    text = (
        pl.when(pl.col("chinese") & pl.lit(gap)).then(family + " " + given)
        .when(pl.col("chinese")).then(family + given)
        .when(pl.lit(comma)).then(family + ", " + given)
        .otherwise(given + " " + family)
    )  # fmt: skip
    return frame.select(text.alias("name")).to_series()


def shop(streams: Streams, frame: pl.DataFrame, last_order: pl.Series) -> pl.DataFrame:
    """The records of the web shop under its own headers; `last_order` in seconds since 1970, null without orders."""
    texts = [
        frame["number"], _whole_name(streams, frame),
        *frame["mobile", "email", "region", "city", "district", "street", "postal", "birthday", "gender"],
        _listed(streams, "level", frame.height, words("texts")["level"]),
        moment(frame["created"]), moment(last_order), frame["note"],
    ]  # fmt: skip
    return _under(SHOP_COLUMNS, texts)


def pos(streams: Streams, frame: pl.DataFrame) -> pl.DataFrame:
    """The records of the tills under their own headers, all text; joining dates in three spellings."""
    count = frame.height
    spelling = streams.uniform("joined", count)
    joined = moment(frame["created"], "%Y-%m-%d")
    for bound, pattern in ((0.3, "%Y/%-m/%-d"), (0.12, "%Y年%-m月%-d日")):
        joined = moment(frame["created"], pattern).zip_with(pl.Series(spelling < bound), joined)
    texts = [
        frame["number"], _whole_name(streams, frame),
        *frame["mobile", "gender", "birthday", "email", "company", "region", "city", "district", "street", "postal"],
        _kept(streams, "has_level", _listed(streams, "level", count, words("texts")["level"]), 0.8),
        joined, frame["note"],
    ]  # fmt: skip
    return _under(POS_COLUMNS, texts)


def _under(headers: tuple[str, ...], texts: list[pl.Series]) -> pl.DataFrame:
    return pl.DataFrame([text.alias(header) for header, text in zip(headers, texts, strict=True)])
