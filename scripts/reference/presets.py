"""`docs/reference/presets.md`: the shipped classifications and segments, with their conditions, and other systems."""

from __future__ import annotations

from crmctl.analytics.rfm_maps import RfmSegment, load_rfm_map
from crmctl.rules import Classification, Segment, explain_condition, load_classification, load_segments, shipped_names
from reference.markdown import code, named, page, table
from reference.systems import systems

_INTRODUCTION = """\
What comes with crmctl: classifications and segments, and the [headers of other systems](#other-systems) for import and
export.

`crmctl classify --rules NAME` gives every row one class; `crmctl segment --segments NAME` lists the members of groups
that may overlap. A file of your own in the same form does as well: copy one from `schemas/rules/` or
`schemas/segments/` of a checkout. A class or segment whose fields the data lack is left out, with a note."""


def presets_page() -> str:
    """The page of all presets."""
    rules = [_classification(name, load_classification(name)) for name in shipped_names("rules")]
    segments = [_segments(name, load_segments(name)) for name in shipped_names("segments")]
    return page("Presets", _INTRODUCTION, *rules, *segments, *systems())


def _classification(name: str, found: Classification) -> str:
    facts = f"Column {code(found.classification)} ({named(found.labels.get('en'), found.labels.get('zh'))})."
    parts = [f"## Classification {name}", f"{_both(found.description)} {facts}"]
    if found.options:
        parts.append("Options: " + ", ".join(code(f"{key}: {value}") for key, value in found.options.items()) + ".")
    conditions = found.conditions if found.method == "rules" else []
    said = [explain_condition(condition, "en") for condition in conditions]
    rows = [
        (code(rule.name), rule.labels.get("en"), rule.labels.get("zh"), said[number] if said else "")
        for number, rule in enumerate(found.classes)
    ]
    if found.method == "rfm":
        rows += [(code(s.name), s.labels.get("en"), s.labels.get("zh"), _cells(s)) for s in _rfm_segments(found)]
    other = found.otherwise
    rows.append((code(other.name), other.labels.get("en"), other.labels.get("zh"), "otherwise"))
    return "\n\n".join([*parts, table(["Class", "Label", "标签", "When"], rows)])


def _rfm_segments(found: Classification) -> list[RfmSegment]:
    return list(load_rfm_map(found.options["map"]).segments)


def _cells(segment: RfmSegment) -> str:
    """The scores of a segment, as far as they matter."""
    given = (("R", segment.r), ("F", segment.f), ("M", segment.m))
    return ", ".join(f"{letter} {scores}" for letter, scores in given if scores != "1-9")


def _segments(name: str, found: list[Segment]) -> str:
    rows = [
        (code(s.name), s.labels.get("en"), s.labels.get("zh"), code(s.when), explain_condition(s.condition, "en"))
        for s in found
    ]
    return f"## Segments {name}\n\n" + table(["Segment", "Label", "标签", "Condition", "In words"], rows)


def _both(texts: dict[str, str]) -> str:
    return " ".join(
        text.rstrip(".。") + mark for text, mark in ((texts.get("en", ""), "."), (texts.get("zh", ""), "。")) if text
    )
