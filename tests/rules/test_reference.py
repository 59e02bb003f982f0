"""The compiled SQL against a slow evaluator in plain Python, on random conditions and data."""

import datetime as dt
import re

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.rules import All, Any, Duration, FieldValue, Literal_, Moment, Not, Test, compile_condition
from crmctl.schema.column import Column
from crmctl.sql import join, sql

AS_OF = dt.datetime(2024, 3, 31, 10)
COLUMNS = {
    "city": Column("city", "城市", "city"),
    'e "mail"': Column('e "mail"', "邮箱", "text"),
    "select": Column("select", "select", "integer"),
    "spent": Column("spent", "spent", "money"),
    "born": Column("born", "born", "date"),
    "seen": Column("seen", "seen", "datetime"),
}
KINDS = {"integer": "number", "money": "number", "date": "moment", "datetime": "moment"}

texts = st.sampled_from(["上海", "Beijing", "beijing", " Beijing ", "", "  ", "\u3000", "a.b", "O'Brien", 'x"y', None])
numbers = st.sampled_from(["0", "1", "2", "10", "-3", " 2 ", "two", "", None])
dates = st.sampled_from(["2024-03-31", "2024-02-29", "2024-03-01", "2023-12-31", "2024-04-01", "soon", "", None])
moments = st.sampled_from(
    [
        "2024-03-31 23:59:59",
        "2024-04-01 00:00:00",
        "2024-02-29 00:00:00",
        "2024-03-01 12:00:00",
        "2023-03-31",
        "x",
        None,
    ]
)
cells = st.tuples(texts, texts, numbers, numbers, dates, moments)


@st.composite
def single_tests(draw):
    name = draw(st.sampled_from(list(COLUMNS)))
    kind = KINDS.get(COLUMNS[name].type, "text")
    plain = {
        "text": st.sampled_from(["上海", "Beijing", "b", "O'Brien", "."]).map(lambda text: Literal_(text, quoted=True)),
        "number": st.sampled_from(["0", "2", "9.5", "-3"]).map(Literal_),
        "moment": st.one_of(
            st.sampled_from(["2024-03-31", "2024-02-29", "2024-03-01 12:00:00"]).map(Literal_),
            st.builds(Moment, st.none() | durations, st.sampled_from([-1, 1])),
        ),
    }[kind]
    others = [other for other, column in COLUMNS.items() if KINDS.get(column.type, "text") == kind]
    value = st.one_of(plain, st.sampled_from(others).map(FieldValue)) if kind != "moment" else plain
    shared = ["=", "<", "<=", ">", ">=", "in", "between", "is missing"]
    own = {
        "text": ["contains", "starts with", "ends with"],
        "number": [],
        "moment": ["within", "before", "after", "on"],
    }
    operator = draw(st.sampled_from(shared + own[kind]))
    if operator == "is missing":
        return Test(name, operator)
    if operator == "within":
        return Test(name, operator, (draw(durations),))
    size = {"in": draw(st.integers(1, 3)), "between": 2}.get(operator, 1)
    return Test(name, operator, tuple(draw(value) for _ in range(size)))


durations = st.builds(Duration, st.integers(0, 14), st.sampled_from("dwmqy"))
conditions = st.recursive(
    single_tests(),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Any(tuple(parts))),
    ),
    max_leaves=6,
)


@settings(max_examples=50, deadline=None)
@given(condition=conditions, rows=st.lists(cells, min_size=1, max_size=8))
def test_sql_and_plain_python_agree(condition, rows):
    compiled = compile_condition(condition, list(COLUMNS.values()), as_of=AS_OF)
    lines = join(
        sql("({cells})", cells=join(sql("cast({cell} as varchar)", cell=cell) for cell in row)) for row in rows
    )
    names = join(column.identifier for column in COLUMNS.values())
    query = sql("select {c} from (values {lines}) t({names})", c=compiled, lines=lines, names=names)
    answers = [answer for (answer,) in _connection().execute(query.text, query.values).fetchall()]
    assert answers == [holds(condition, dict(zip(COLUMNS, row, strict=True))) for row in rows]


_kept = []


def _connection():
    if not _kept:
        _kept.append(duckdb.connect())
    return _kept[0]


def holds(condition, row):
    match condition:
        case All(parts):
            return all(holds(part, row) for part in parts)
        case Any(parts):
            return any(holds(part, row) for part in parts)
        case Not(inner):
            return not holds(inner, row)
    text = stripped(row[condition.field])
    if condition.operator == "is missing":
        return text == ""
    kind = KINDS.get(COLUMNS[condition.field].type, "text")
    value = read(text, COLUMNS[condition.field].type)
    if value is None:
        return False
    if kind == "moment":
        return temporal(condition, value)
    operands = [operand_value(operand, row, kind) for operand in condition.operands]
    match condition.operator:
        case "in":
            return any(value == each for each in operands)
        case "between":
            return None not in operands and operands[0] <= value <= operands[1]
        case _:
            return operands[0] is not None and compare(condition.operator, value, operands[0])


def compare(operator, value, other):
    return {
        "=": lambda: value == other,
        "<": lambda: value < other,
        "<=": lambda: value <= other,
        ">": lambda: value > other,
        ">=": lambda: value >= other,
        "contains": lambda: other.lower() in value.lower(),
        "starts with": lambda: value.lower().startswith(other.lower()),
        "ends with": lambda: value.lower().endswith(other.lower()),
    }[operator]()


def temporal(test, value):
    today = dt.datetime(AS_OF.year, AS_OF.month, AS_OF.day)
    day = dt.timedelta(days=1)
    if test.operator == "within":
        return moved(today, test.operands[0], -1) <= value < today + day
    spans = []
    for operand in test.operands:
        if isinstance(operand, Moment):
            start = moved(today, operand.shift, operand.sign) if operand.shift else today
            spans.append((start, start + day))
        else:
            start = dt.datetime.fromisoformat(operand.text)
            spans.append((start, start + (day if len(operand.text) == 10 else dt.timedelta(microseconds=1))))
    first, end = spans[0]
    midnight = dt.datetime(first.year, first.month, first.day)
    return {
        "=": lambda: first <= value < end,
        "on": lambda: midnight <= value < midnight + day,
        "<": lambda: value < first,
        "before": lambda: value < first,
        "<=": lambda: value < end,
        ">": lambda: value >= end,
        "after": lambda: value >= end,
        ">=": lambda: value >= first,
        "in": lambda: any(start <= value < stop for start, stop in spans),
        "between": lambda: first <= value < spans[1][1],
    }[test.operator]()


def moved(day, duration, sign):
    days = {"d": 1, "w": 7}.get(duration.unit)
    if days:
        return day + sign * dt.timedelta(days=days * duration.amount)
    months = day.year * 12 + day.month - 1 + sign * duration.amount * {"m": 1, "q": 3, "y": 12}[duration.unit]
    year, month = divmod(months, 12)
    for last in (31, 30, 29, 28):
        try:
            return dt.datetime(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError


def operand_value(operand, row, kind):
    if isinstance(operand, FieldValue):
        return read(stripped(row[operand.name]), COLUMNS[operand.name].type)
    return float(operand.text) if kind == "number" else operand.text


def read(text, semantic_type):
    match KINDS.get(semantic_type, "text"):
        case "number":
            return float(text) if re.fullmatch(r"-?\d+", text) else None
        case "moment":
            return dt.datetime.fromisoformat(text) if text[:1] == "2" else None
        case _:
            return text or None


def stripped(text):
    return (text or "").strip(" \u3000")
