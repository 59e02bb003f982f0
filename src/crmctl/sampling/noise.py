"""What goes wrong in records: typing, scanning, habits, placeholders, gaps. A person's later records suffer more."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from crmctl.sampling.choice import words
from crmctl.sampling.cultures import CHINA
from crmctl.sampling.emails import shared_mailboxes
from crmctl.sampling.names import names, unaccented
from crmctl.sampling.records import CRM
from crmctl.sampling.streams import Flags, Streams
from crmctl.sampling.templates import alter

_MISSING = {
    "email": (0.10, 0.35, 0.45),
    "area": (0.22, 0.03, 0.04),
    "company": (0.08, 0.0, 0.3),
    "title": (0.25, 0.0, 0.0),
    "street": (0.15, 0.12, 0.2),
    "district": (0.0, 0.15, 0.2),
    "city": (0.05, 0.06, 0.1),
    "region": (0.08, 0.06, 0.1),
    "postal": (0.12, 0.4, 0.45),
    "country": (0.08, 0.0, 0.0),
    "born": (0.3, 0.25, 0.3),
}
"""The share that is missing, by column and source."""


class Damage:
    """A frame of records on its way to the messy ones."""

    def __init__(self, streams: Streams, frame: pl.DataFrame) -> None:
        self.streams, self.frame = streams, frame
        self.later = (frame["copy"] > 0).to_numpy()
        self.culture = frame["culture"].to_numpy()
        self.chinese = frame["chinese"].to_numpy()
        self.source = frame["source"].to_numpy()

    def hit(self, name: str, base: float, later: float = 0.0) -> Flags:
        """Who is hit: the base rate, and more of the later records."""
        return self.streams.chance(name, self.frame.height, base + later * self.later)

    def change(self, column: str, where: Flags, change: pl.Expr) -> None:
        """Put the expression into the rows where the flag stands."""
        self.frame = alter(self.frame, column, where, change)

    def pick(self, name: str, texts: list[str]) -> pl.Expr:
        """A random one of the texts for every row, as an expression over the whole frame's column `_pick`."""
        rows = self.streams.integers(name, self.frame.height, 0, len(texts))
        self.frame = self.frame.with_columns(pl.Series("_pick", texts, dtype=pl.String).gather(rows))
        return pl.col("_pick")


def spoil(streams: Streams, frame: pl.DataFrame) -> pl.DataFrame:
    """The records with everything that people and systems do to them, except how dates and phones are written."""
    damage = Damage(streams, frame)
    steps: list[Callable[[Damage], None]] = [
        _call_names, _mistype, _respell, _swap_names, _letter_cases, _blanks, _spoil_emails, _spoil_dates,
        _spoil_numbers, _forget, _put_placeholders,
    ]  # fmt: skip
    for step in steps:
        step(damage)
    return damage.frame


def _call_names(damage: Damage) -> None:
    """Nicknames, initials, and Chinese customers known as Mr or Mrs only."""
    known, latin = names(), damage.culture != CHINA
    rows = damage.frame["given_row"].to_numpy()
    count = known.nickname_count[rows]
    which = known.first_nickname[rows] + (damage.streams.uniform("which_nickname", len(rows)) * count).astype(np.int64)
    nick = known.nicknames.gather(np.minimum(which, known.nicknames.len() - 1)).alias("_nick")
    syllables = known.given.items["syllables"].gather(rows).alias("_syllables")
    damage.frame = damage.frame.with_columns(nick, syllables)
    damage.change("given", (count > 0) & damage.hit("nickname", 0.03, 0.12), pl.col("_nick"))
    damage.change("given", latin & damage.hit("initial", 0.01, 0.02), pl.col("given").str.head(1) + ".")
    middle = damage.pick("middle", [f" {letter}." for letter in "ABCDEGHJLMPRST"])
    damage.change("given", latin & damage.hit("has_middle", 0.04), pl.col("given") + middle)
    polite = pl.when(pl.col("female") == 1).then(pl.lit("女士")).otherwise(pl.lit("先生"))
    damage.change("given", damage.chinese & damage.hit("polite", 0.008, 0.03), polite)
    spoken = ~damage.chinese & ~latin
    damage.change("given", spoken & damage.hit("syllables", 0.25), pl.col("_syllables"))


def mistyped(streams: Streams, texts: pl.Series, chinese: Flags) -> pl.Series:
    """The texts with one slip each: a key beside, a character like it, a letter lost, doubled, swapped or misread."""
    neighbours = words("noise")["neighbours"] | {
        pair[0]: pair[1] for pair in words("names_chinese")["look_alike"].split()
    }
    scanner = words("noise")["scanner"]
    text = pl.col("text")
    length = pl.col("text").str.len_chars()
    at = pl.min_horizontal((pl.col("roll") * length).floor().cast(pl.Int64) + pl.lit(1), length.cast(pl.Int64) - 1)
    at = pl.when(pl.col("chinese")).then((pl.col("roll") * length).floor().cast(pl.Int64)).otherwise(at)
    before, after = text.str.slice(0, pl.col("at")), text.str.slice(pl.col("at") + 1)
    letter = text.str.slice(pl.col("at"), 1)
    wrong = letter.str.to_lowercase().replace_strict(neighbours, default=letter, return_dtype=pl.String)
    frame = pl.DataFrame({"text": texts, "roll": streams.uniform("at", texts.len()), "chinese": chinese})
    kind = pl.Series("kind", np.where(chinese, 0, streams.integers("kind", texts.len(), 0, 5)))
    slip = (
        pl.when(pl.col("kind") == 0).then(before + wrong + after)
        .when(pl.col("kind") == 1).then(before + after)
        .when(pl.col("kind") == 2).then(before + letter + letter + after)
        .when(pl.col("kind") == 3).then(before + after.str.head(1) + letter + after.str.slice(1))
        .otherwise(text.str.replace_many(list(scanner), list(scanner.values()), leftmost=True))
    )  # fmt: skip
    return frame.with_columns(at.alias("at"), kind).select(slip.alias("text")).to_series()


def _mistype(damage: Damage) -> None:
    for column, base, later in (
        ("given", 0.008, 0.06), ("family", 0.008, 0.06), ("street", 0.008, 0.05), ("city", 0.004, 0.02),
        ("company", 0.005, 0.04), ("email", 0.003, 0.025),
    ):  # fmt: skip
        hit = damage.hit(f"mistype_{column}", base, later)
        hit &= (damage.frame[column].str.len_chars().fill_null(0) > 1).to_numpy()
        chinese = damage.chinese[hit] & (column != "email")
        slips = mistyped(damage.streams.at(column), damage.frame[column].gather(np.flatnonzero(hit)), chinese)
        damage.change(column, hit, pl.lit(slips))


def _respell(damage: Damage) -> None:
    """Accents lost, streets abbreviated, simplified characters turned traditional."""
    latin = damage.culture != CHINA
    unaccented_hit = latin & damage.hit("unaccented", 0.15, 0.15)
    for column in ("given", "family", "city", "street"):
        damage.change(column, unaccented_hit, unaccented(pl.col(column)))
    short = words("addresses")["abbreviations"]
    abbreviated = pl.col("street").str.replace_many(list(short), list(short.values()))
    damage.change("street", damage.hit("abbreviated", 0.15, 0.2), abbreviated)
    pairs = words("names_chinese")["traditional"].split()
    simple, full = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    hit = damage.chinese & damage.hit("traditional", 0.012, 0.03)
    for column in ("given", "family", "city", "street", "region"):
        damage.change(column, hit, pl.col(column).str.replace_many(simple, full))


def _swap_names(damage: Damage) -> None:
    """Given and family name in each other's column; romanised Chinese names suffer most."""
    rate = np.where((damage.culture == CHINA) & ~damage.chinese, 0.06, 0.003) + 0.02 * damage.later
    hit = damage.streams.chance("swapped", damage.frame.height, rate) & ~damage.chinese
    given, family = damage.frame["given"], damage.frame["family"]
    swap = pl.Series(hit)
    damage.frame = damage.frame.with_columns(
        family.zip_with(swap, given).alias("given"), given.zip_with(swap, family).alias("family")
    )


def _letter_cases(damage: Damage) -> None:
    for column, upper, lower in (
        ("given", 0.03, 0.03),
        ("family", 0.04, 0.03),
        ("city", 0.03, 0.02),
        ("email", 0.02, 0.0),
    ):
        damage.change(column, damage.hit(f"upper_{column}", upper), pl.col(column).str.to_uppercase())
        damage.change(column, damage.hit(f"lower_{column}", lower), pl.col(column).str.to_lowercase())


def _blanks(damage: Damage) -> None:
    for column in ("given", "family", "company", "street", "email", "city"):
        damage.change(column, damage.hit(f"trailing_{column}", 0.015), pl.col(column) + " ")
        damage.change(column, damage.hit(f"leading_{column}", 0.008), pl.lit(" ") + pl.col(column))
    wide = damage.chinese & damage.hit("ideographic", 0.01)
    damage.change("given", wide, pl.lit("\u3000") + pl.col("given"))
    damage.change("company", damage.hit("doubled_blank", 0.01), pl.col("company").str.replace(" ", "  "))


def _spoil_emails(damage: Damage) -> None:
    """Company mailboxes instead of one's own, and broken addresses."""
    mailbox = shared_mailboxes(damage.streams, damage.frame["domain"])
    damage.frame = damage.frame.with_columns(mailbox.alias("_mailbox"))
    works = damage.frame["domain"].is_not_null().to_numpy()
    damage.change("email", works & damage.hit("mailbox", 0.05), pl.col("_mailbox"))
    slips = words("emails")["slips"]
    which = damage.streams.integers("which_slip", damage.frame.height, 0, len(slips))
    broken = damage.hit("broken", 0.012, 0.01)
    for number, (old, new) in enumerate(slips):
        damage.change("email", broken & (which == number), pl.col("email").str.replace(old, new, literal=True))


def _spoil_dates(damage: Damage) -> None:
    """Birthdays a day, a month or ten years off."""
    off = pl.Series("_off", [1, -1, 31, 30, 3653, -3652, 9]).gather(
        damage.streams.integers("off", damage.frame.height, 0, 7)
    )
    damage.frame = damage.frame.with_columns(off)
    damage.change("born", damage.hit("date_off", 0.003, 0.03), pl.col("born") + pl.col("_off"))


def _spoil_numbers(damage: Damage) -> None:
    """Two digits of a phone or postal code in each other's place."""
    for column in ("local", "land_local"):
        text = pl.col(column)
        swapped = text.str.slice(0, 3) + text.str.slice(4, 1) + text.str.slice(3, 1) + text.str.slice(5)
        damage.change(column, damage.hit(f"digits_{column}", 0.003, 0.02), swapped)
    postal = pl.col("postal")
    swapped = postal.str.head(-2) + postal.str.tail(1) + postal.str.tail(2).str.head(1)
    damage.change("postal", damage.hit("digits_postal", 0.003, 0.02), swapped)


def _forget(damage: Damage) -> None:
    count = damage.frame.height
    for column, shares in _MISSING.items():
        gone = damage.streams.chance(f"missing_{column}", count, np.array(shares)[damage.source])
        damage.change(column, gone, pl.lit(None))
    damage.change("given", damage.hit("missing_given", 0.008, 0.01) & (damage.source == CRM), pl.lit(None))


def _put_placeholders(damage: Damage) -> None:
    lists = words("texts")["placeholders"]
    at_home = damage.source != CRM
    for column in ("company", "title", "street", "city", "family"):
        chinese = damage.pick(f"chinese_{column}", lists["chinese"])
        damage.change(column, damage.hit(f"none_{column}", 0.006) & at_home & (column != "family"), chinese)
        latin = damage.pick(f"text_{column}", lists["text"])
        damage.change(column, damage.hit(f"na_{column}", 0.004) & ~at_home, latin)
    email = damage.pick("email_placeholder", lists["email"])
    damage.change("email", damage.hit("placeholder_email", 0.008), email)


def wide_digits(column: pl.Expr) -> pl.Expr:
    """Digits as full-width characters."""
    digits = words("noise")["full_width"]
    return column.str.replace_many(list(digits), list(digits.values()))
