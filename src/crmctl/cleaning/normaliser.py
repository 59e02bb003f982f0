"""The frame of cleaning: what a normaliser is, and how its answers become a value, a status and a reason.

A normaliser only says how it reads a folded text. That an `ok` cell keeps every byte, that an unreadable one stays as
it was, and what placeholders do, is settled here once for all types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.damaged import mended
from crmctl.cleaning.folding import SQL_BLANKS, Fold, folded
from crmctl.cleaning.placeholders import listed_suspects, missing_words
from crmctl.cleaning.plain import Plain

OUTCOME = {"value": pl.String, "status": pl.String, "reason": pl.String}


@dataclass(frozen=True, slots=True)
class Context:
    """What a normaliser may know beside the cell.

    Args:
        level: `safe` or `likely`.
        regions: ISO codes of the regions that a number without one may belong to.
        votes: What a survey of the whole column found, by name.
    """

    level: reasons.Level = "safe"
    regions: tuple[str, ...] = ()
    votes: Mapping[str, int] = field(default_factory=dict)

    @property
    def likely(self) -> bool:
        """Evidence from elsewhere than the cell may decide."""
        return self.level == "likely"


Apply = Callable[[pl.DataFrame, Context], pl.DataFrame]
Survey = Callable[[pl.DataFrame], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Normaliser:
    """How the cells of one semantic type are read.

    Args:
        apply: From distinct cells (`text`, and `region` where `by_region`) to `value`, `status`, `reason` in the same
            order. Where `value` is given, `reason` says why it may differ from the text; where it is null, `status` and
            `reason` say what is wrong.
        fold: How the raw text is folded before.
        by_region: The row's country matters.
        placeholders: Words for missing become missing; where False, they are part of the text.
        plain: True for texts that are certainly fine as they are; they skip the rest. It may leave many open.
        survey: From `text` and `count` to votes of the column; they are summed and come back as `Context.votes`.
    """

    apply: Apply
    fold: Fold = "field"
    by_region: bool = False
    placeholders: bool = True
    survey: Survey | None = None
    plain: Plain | None = None


def outcome(
    value: pl.Expr, changed: str | pl.Expr, status: str | pl.Expr = "invalid", problem: str | pl.Expr = ""
) -> list[pl.Expr]:
    """The three columns of a normaliser's answer; plain strings are constants."""
    constant = [pl.lit(item) if isinstance(item, str) else item for item in (changed, status, problem)]
    missing = value.is_null()
    return [
        value.cast(pl.String).alias("value"),
        pl.when(missing).then(constant[1]).alias("status"),
        pl.when(missing).then(constant[2]).otherwise(constant[0]).alias("reason"),
    ]


def open_rows(cells: pl.DataFrame, semantic_type: str, normaliser: Normaliser) -> pl.DataFrame:
    """The rows of a frame with `raw` that may be anything but `ok`, numbered as `row`."""
    cells = cells.with_row_index("row").filter(pl.col("raw").is_not_null())
    if normaliser.plain is None:
        return cells
    plain = cells.filter(~normaliser.plain(cells["raw"])) if cells.height else cells
    missing = missing_words(semantic_type) if normaliser.placeholders else frozenset()
    listed = _sorted(missing | known_suspects(semantic_type, normaliser))
    word = cells.filter(_among(pl.col("raw"), listed))
    return plain if word.is_empty() else pl.concat([plain, word]).unique("row").sort("row")


def repair(
    cells: pl.DataFrame, semantic_type: str, normaliser: Normaliser, context: Context, *, suspects: bool = True
) -> pl.DataFrame:
    """What becomes of distinct cells.

    Args:
        cells: Distinct non-null `raw` texts, and `region` where the normaliser wants it.
        semantic_type: Whose placeholders count.
        normaliser: How to read them.
        context: What else is known.
        suspects: Look for placeholder values too.

    Returns:
        The cells that are not `ok`: the columns given, then `value` (null for missing), `status`, `reason`.
    """
    found = _repaired(cells, semantic_type, normaliser, context, suspects=suspects)
    return _without_new_damage(found) if context.likely else found


def _without_new_damage(found: pl.DataFrame) -> pl.DataFrame:
    """Cells whose repair would look like text in a wrong encoding stay: the next cleaning would change them again."""
    fixed = pl.col("status") == "fixed"
    hurt = mended(found.filter(fixed & pl.col("value").is_not_null()).select(raw="value").unique())["raw"]
    if hurt.is_empty():
        return found
    stays = fixed & pl.col("value").is_in(hurt.implode())
    return found.with_columns(
        value=pl.when(stays).then("raw").otherwise("value"),
        status=pl.when(stays).then(pl.lit("damaged")).otherwise("status"),
        reason=pl.when(stays).then(pl.lit(reasons.ENCODING)).otherwise("reason"),
    )


def _repaired(
    cells: pl.DataFrame, semantic_type: str, normaliser: Normaliser, context: Context, *, suspects: bool
) -> pl.DataFrame:
    keys = cells.columns
    cells = cells.filter(pl.col("raw").str.strip_chars(SQL_BLANKS) != "")
    damaged = mended(cells)
    if damaged.height:
        cells = cells.join(damaged, on=keys, how="anti", nulls_equal=True, maintain_order="left")
        sound = repair(cells, semantic_type, normaliser, context, suspects=suspects)
        return pl.concat([sound, _put_right(damaged, semantic_type, normaliser, context)])
    cells = folded(cells, normaliser.fold)
    missing = _sorted(missing_words(semantic_type)) if normaliser.placeholders else []
    gone = _among(pl.col("text"), missing)
    empty = pl.col("text") == ""
    real = cells.filter(~(gone | empty))
    answer = real.hstack(normaliser.apply(real, context))
    # A word for missing may also come to light by the repair: `无；` among tags.
    repaired_away = _among(pl.col("value"), missing).fill_null(value=False)
    listed = _sorted(known_suspects(semantic_type, normaliser)) if suspects else []
    return pl.concat(
        [
            cells.filter(empty).select(*keys, *_constant(None, "fixed", reasons.INVISIBLE)),
            cells.filter(gone).select(*keys, *_constant(None, "placeholder", reasons.MEANS_MISSING)),
            answer.filter(repaired_away).select(*keys, *_constant(None, "placeholder", reasons.MEANS_MISSING)),
            _judged(answer.filter(~repaired_away), listed).select(*keys, *OUTCOME),
        ]
    )


def _put_right(damaged: pl.DataFrame, semantic_type: str, normaliser: Normaliser, context: Context) -> pl.DataFrame:
    """Damaged cells: at level likely what they were, cleaned; else as they are, with a remark."""
    keys = [name for name in damaged.columns if name != "mended"]
    raw, whole = pl.col("raw"), pl.col("mended")
    if not context.likely:
        reason = pl.when(whole.is_null()).then(pl.lit(reasons.LOST_CHARACTERS)).otherwise(pl.lit(reasons.ENCODING))
        return damaged.select(*keys, value=raw, status=pl.lit("damaged"), reason=reason)
    lost = damaged.filter(whole.is_null())
    told = lost.select(*keys, value=raw, status=pl.lit("damaged"), reason=pl.lit(reasons.LOST_CHARACTERS))
    found = damaged.filter(whole.is_not_null())
    others = [name for name in keys if name != "raw"]
    again = repair(found.select(whole.alias("raw"), *others).unique(), semantic_type, normaliser, context)
    again = again.rename({"raw": "mended"})
    joined = found.join(again, on=["mended", *others], how="left", nulls_equal=True, maintain_order="left")
    fine = pl.col("status").is_null() | (pl.col("status") == "fixed")
    kept = ~fine & (pl.col("status") != "placeholder")
    return pl.concat([
        told,
        joined.select(
            *keys,
            value=pl.when(kept).then(raw).when(pl.col("status").is_null()).then(whole).otherwise(pl.col("value")),
            status=pl.when(fine).then(pl.lit("fixed")).otherwise(pl.col("status")),
            reason=pl.when(fine).then(pl.lit(reasons.ENCODING)).otherwise(pl.col("reason")),
        ),
    ])  # fmt: skip


def _judged(answer: pl.DataFrame, suspects: list[str]) -> pl.DataFrame:
    """Answers with their final status; cells that are `ok` are left out."""
    settled = pl.col("value").is_not_null()
    suspect = _among(pl.coalesce("value", "text"), suspects)
    changed = settled & (pl.col("value") != pl.col("raw"))
    status = (
        pl.when(suspect).then(pl.lit("placeholder"))
        .when(~settled & (pl.col("reason") == reasons.MASKED)).then(pl.lit(reasons.MASKED))
        .when(~settled).then(pl.col("status"))
        .when(changed).then(pl.lit("fixed"))
        .otherwise(pl.lit("ok"))
    )  # fmt: skip
    reason = (
        pl.when(suspect).then(pl.lit(reasons.PLACEHOLDER))
        .when(settled & (pl.col("value") == pl.col("text"))).then(pl.col("fold_reason"))
        .otherwise(pl.col("reason"))
    )  # fmt: skip
    judged = answer.with_columns(status=status, reason=reason, value=pl.coalesce("value", "raw"))
    return judged.filter(pl.col("status") != "ok")


def _constant(value: str | None, status: str, reason: str) -> list[pl.Expr]:
    return [
        pl.lit(content, dtype=pl.String).alias(name)
        for name, content in zip(OUTCOME, (value, status, reason), strict=True)
    ]


def _among(text: pl.Expr, words: list[str]) -> pl.Expr:
    return text.str.to_lowercase().is_in(words) if words else pl.lit(value=False)


def _sorted(words: frozenset[str]) -> list[str]:
    return sorted(words)


_suspects: dict[str, frozenset[str]] = {}


def known_suspects(semantic_type: str, normaliser: Normaliser) -> frozenset[str]:
    """The listed placeholder values of a type in lower case, as people type them and as cleaning writes them."""
    if semantic_type not in _suspects:
        listed = listed_suspects(semantic_type)
        cells = pl.DataFrame({"raw": _sorted(listed)}, schema={"raw": pl.String})
        if normaliser.by_region:
            cells = cells.with_columns(region=pl.lit(None, dtype=pl.String))
        written = repair(cells, semantic_type, normaliser, Context(), suspects=False)
        values = written.filter(pl.col("status") == "fixed")["value"].drop_nulls().str.to_lowercase().to_list()
        _suspects[semantic_type] = frozenset(listed | set(values))
    return _suspects[semantic_type]
