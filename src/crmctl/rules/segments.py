"""Segments: named conditions, many of which may hold for one customer. Who entered and left is the store's business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from crmctl.errors import CrmctlError, Place, UsageError, raise_all
from crmctl.rules.compile import AsOf, compile_condition
from crmctl.rules.files import Labels, Outcome, read_rules
from crmctl.rules.needs import LeftOut, absent
from crmctl.rules.structure import parse_condition
from crmctl.rules.tree import Condition, segments_of
from crmctl.schema.column import Column
from crmctl.sql import SQL
from crmctl.yamlfile import Document


class Segment(Outcome):
    """One segment of a file: its condition, and the fields without which it is left out."""

    description: Labels = Field(default_factory=dict)
    needs: list[str] = Field(default_factory=list)
    when: str | dict[str, Any] | list[Any]

    _condition: Condition | None = PrivateAttr(default=None)
    _place: Place | None = PrivateAttr(default=None)

    @property
    def condition(self) -> Condition:
        """The parsed condition.

        Raises:
            UsageError: It cannot be parsed.
        """
        return self._condition or parse_condition(self.when)

    @property
    def place(self) -> Place | None:
        """Where it stands."""
        return self._place


class _SegmentFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: Labels = Field(default_factory=dict)
    description: Labels = Field(default_factory=dict)
    segments: list[Segment] = Field(min_length=1)


def load_segments(name: str | Path) -> list[Segment]:
    """Read the segments of a file: its path, or the name of a shipped one.

    Raises:
        UsageError: No such file, or it does not fit; every error at once, each with its place.
        FileError: The file cannot be read.
    """
    return read_segments(read_rules(name, "segments"))


def read_segments(document: Document) -> list[Segment]:
    """The segments of a YAML document.

    Raises:
        UsageError: It does not fit, a name stands twice; every error at once, each with its place.
    """
    segments = document.validate(_SegmentFile).segments
    errors: list[CrmctlError] = []
    seen: set[str] = set()
    for number, segment in enumerate(segments):
        segment._place = document.place("segments", number)
        if segment.name in seen:
            errors.append(
                UsageError(
                    "the segment {name!r} stands here twice", cure="rename one", place=segment.place, name=segment.name
                )
            )
        seen.add(segment.name)
        try:
            segment._condition = _parse(document, number, segment)
        except UsageError as error:
            errors.append(error)
    raise_all(errors)
    return segments


def _parse(document: Document, number: int, segment: Segment) -> Condition:
    return parse_condition(segment.when, locate=lambda *keys: document.place("segments", number, "when", *keys))


def compile_segments(
    segments: Sequence[Segment],
    columns: Sequence[Column],
    *,
    as_of: AsOf,
    members: Mapping[str, SQL] | None = None,
) -> tuple[dict[str, SQL], list[LeftOut]]:
    """Each segment as a boolean SQL expression, never null, in the order given; and those that had to be left out.

    A segment may ask about another one (`in segment vip`): of the same list, in any order, or of `members`.
    One that needs an absent field, or a segment that was left out, is left out itself.

    Raises:
        UsageError: A condition does not fit the columns, or segments ask about each other in a circle.
    """
    known = dict(members or {})
    missing: dict[str, tuple[str, ...]] = {}
    for segment in _ordered(segments):
        lacking = absent(segment.needs, columns)
        lacking += tuple(name for asked in sorted(segments_of(segment.condition)) for name in missing.get(asked, ()))
        if lacking:
            missing[segment.name] = lacking
        else:
            known[segment.name] = compile_condition(segment.condition, columns, as_of=as_of, members=known)
    compiled = {segment.name: known[segment.name] for segment in segments if segment.name not in missing}
    return compiled, [LeftOut(segment.name, missing[segment.name]) for segment in segments if segment.name in missing]


def _ordered(segments: Sequence[Segment]) -> list[Segment]:
    """The segments, each after those it asks about."""
    waiting = {segment.name: segment for segment in segments}
    done: list[Segment] = []
    while waiting:
        ready = [each for each in waiting.values() if not segments_of(each.condition) & waiting.keys()]
        if not ready:
            raise UsageError(
                "the segments {names} ask about each other in a circle", cure="take one 'in segment' out",
                place=next(iter(waiting.values())).place, names=", ".join(waiting),
            )  # fmt: skip
        done.extend(waiting.pop(segment.name) for segment in ready)
    return done
