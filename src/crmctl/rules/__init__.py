"""The condition language: parse, compile to SQL, explain; and the rule files that are written in it."""

from crmctl.rules.classification import (
    Classification,
    ClassRule,
    classification_sql,
    left_out,
    load_classification,
    read_classification,
)
from crmctl.rules.compile import compile_condition
from crmctl.rules.duration import Duration
from crmctl.rules.explain import explain_condition
from crmctl.rules.files import Outcome, shipped_names
from crmctl.rules.needs import LeftOut
from crmctl.rules.segments import Segment, compile_segments, load_segments, read_segments
from crmctl.rules.structure import parse_condition
from crmctl.rules.tree import (
    All,
    Any,
    Condition,
    FieldValue,
    InSegment,
    Literal_,
    Moment,
    Not,
    Test,
    fields_of,
    segments_of,
)

__all__ = [
    "All", "Any", "ClassRule", "Classification", "Condition", "Duration", "FieldValue", "InSegment", "LeftOut",
    "Literal_", "Moment", "Not", "Outcome", "Segment", "Test", "classification_sql", "compile_condition",
    "compile_segments", "explain_condition", "fields_of", "left_out", "load_classification", "load_segments",
    "parse_condition", "read_classification", "read_segments", "segments_of", "shipped_names",
]  # fmt: skip
