"""What a call of clean asks for, checked: which columns, at which level, with which regions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from crmctl.cleaning.normaliser import Context, Normaliser
from crmctl.cleaning.phone_metadata import known_regions
from crmctl.cleaning.reasons import LEVELS
from crmctl.cleaning.registry import NORMALISERS
from crmctl.errors import UsageError, did_you_mean
from crmctl.schema.column import Column


@dataclass(frozen=True, slots=True)
class Job:
    """One column to clean."""

    column: Column
    normaliser: Normaliser
    context: Context


def checked_context(level: str, regions: Sequence[str]) -> Context:
    """The context that a level and regions make.

    Raises:
        UsageError: An unknown level or region.
    """
    if level not in LEVELS:
        raise UsageError("unknown level {level!r}", cure="use safe or likely", level=level)
    if isinstance(regions, str):
        raise UsageError("{regions!r} has to be a list of regions", cure="write [{regions}]", regions=regions)
    for region in regions:
        if region not in known_regions():
            raise UsageError("unknown region {region!r}", cure="use an ISO code such as CN or GB", region=region)
    return Context("likely" if level == "likely" else "safe", tuple(dict.fromkeys(regions)))


def chosen(columns: Sequence[Column], fields: Collection[str] | None) -> list[Column]:
    """The columns to clean, in their own order.

    Raises:
        UsageError: A field that is none of the columns.
    """
    names = [column.name for column in columns]
    for field in fields or ():
        if field not in names:
            raise UsageError(
                "no field called {field!r}",
                cure="did you mean {near!r}?" if did_you_mean(field, names) else "the fields are {names}",
                field=field, near=did_you_mean(field, names), names=", ".join(names),
            )  # fmt: skip
    wanted = [column for column in columns if fields is None or column.name in fields]
    return [column for column in wanted if column.type in NORMALISERS]
