"""`docs/reference/conditions.md`: every operator with an example, said in words by the program itself."""

from __future__ import annotations

from crmctl.rules import explain_condition, parse_condition
from crmctl.rules.operators import SPELLINGS, TAKES
from reference.markdown import block, code, page, table

_EXAMPLES = {
    "=": "status = active", "<": "order_count < 3", "<=": "created_at <= 2026-01-31", ">": "total_spent > 500",
    ">=": "total_spent >= 1000", "before": "last_order_at before as_of - 90d", "after": "created_at after 2026-01-01",
    "on": "created_at on 2026-01-31", "in": 'city in [上海, Berlin, "New York"]',
    "between": "order_count between 2 and 5", "contains": "company contains GmbH",
    "starts with": "mobile starts with +86",
    "ends with": "email ends with @example.com", "matches": 'tags matches "^vip"', "within": "last_order_at within 90d",
    "recurs within": "birthday recurs within 7d", "is missing": "email is missing",
    "recurs this month": "birthday recurs this month",
}  # fmt: skip
_TAKES = {
    "value": "a value, a date, `as_of`, or another field in backticks", "list": "a list",
    "pair": "two values, both included", "text": "a text", "duration": "a duration", "nothing": "",
}  # fmt: skip
_INTRODUCTION = """\
A condition is what `--where`, the classes of a classification and segments are written in. It is never "unknown":
every row is on one side of it. A test of a missing value is false, and its opposite (`not`, `!=`) true.

- A field goes by its name, its header or its label. A name with blanks or quotes, or one that is a word of this
  language, stands in backticks: `` `e "mail"` ``.
- Text with blanks stands in quotes, single or double. Chinese punctuation does as well.
- `and` binds closer than `or`; parentheses group; `not` turns round what follows.
- `as_of` is the run's date: `as_of - 90d`, `as_of + 1m`. A duration is a number and one of `d` `w` `m` `q` `y`.
- A date without a time is the whole day. `within 90d` is the 90 days before the as-of date, and that day.
- `=` and `in` compare text exactly, but for blanks at the ends; `contains`, `starts with` and `ends with` ignore case.
- `in segment NAME` asks for the members of another segment of the same file."""
_LINE = "total_spent >= 1000 or (city in [上海, Berlin] and last_order_at within 90d and email is not missing)"
_TREE = """\
any:
  - total_spent >= 1000
  - all:
      - {field: city, in: [上海, Berlin]}
      - {field: last_order_at, within: 90d}
      - not: email is missing"""


def conditions_page() -> str:
    """The page of the condition language."""
    rows = []
    for operator, takes in TAKES.items():
        parsed = parse_condition(_EXAMPLES[operator])
        opposite = next((spelling for spelling, meaning in SPELLINGS.items() if meaning == (operator, True)), "")
        rows.append((code(operator), code(opposite), _TAKES[takes], code(_EXAMPLES[operator]),
                     explain_condition(parsed, "en"), explain_condition(parsed, "zh")))  # fmt: skip
    operators = table(["Operator", "Opposite", "Takes", "Example", "In words", "中文"], rows)
    tree = [
        "In YAML a condition may also be a tree of `all`, `any`, `not`, `segment` and single tests:",
        block(_TREE, "yaml"), "It is the same as this line:", block(_LINE, "text"),
    ]  # fmt: skip
    return page("Conditions", _INTRODUCTION, "## Operators", operators, "## As a tree", *tree)
