"""The one-line form of a condition: a recursive descent over its tokens. The YAML form is in `structure`.

condition = part {"or" part};  part = factor {"and" factor}
factor    = "not" factor | "(" condition ")" | "in segment" name | field operator operands
"""

from __future__ import annotations

from typing import LiteralString, NoReturn

from crmctl.errors import Place, UsageError
from crmctl.messages import translate
from crmctl.rules.duration import Duration
from crmctl.rules.operands import check_pattern, failure, literal
from crmctl.rules.operators import COMMON, SPELLINGS, TAKES, longest_spelling, nearest_operator
from crmctl.rules.tokens import Token, tokens
from crmctl.rules.tree import All, Any, Condition, FieldValue, InSegment, Not, Operand, Operator, Origin, Test

_RESERVED = {"and", "or", "not"}
_MAX_DEPTH = 64


def parse_line(text: str, place: Place | None = None) -> Condition:
    """Parse the one-line form.

    Raises:
        UsageError: It is no condition; the message names the column in it.
    """
    parser = _Parser(text, place)
    condition = parser.condition()
    if parser.token.kind != "end":
        parser.fail("expected 'and', 'or' or the end, found {found}", cure="put text with blanks in quotes")
    return condition


class _Parser:
    """Holds the tokens and how far they are read."""

    def __init__(self, text: str, place: Place | None) -> None:
        self.text, self.place = text, place
        self.tokens = tokens(text, place)
        self.position = self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.token
        self.position += token.kind != "end"
        return token

    def keyword(self, *words: str) -> bool:
        """Read these bare words if they come next."""
        following = self.tokens[self.position : self.position + len(words)]
        found = [token.value.lower() for token in following if token.kind == "word"] == list(words)
        self.position += len(words) if found else 0
        return found

    def bracket(self, sign: str) -> bool:
        found = self.token.kind == "bracket" and self.token.value == sign
        self.position += found
        return found

    def fail(
        self, problem: LiteralString, cure: LiteralString = "", token: Token | None = None, **holes: str
    ) -> NoReturn:
        token = token or self.token
        found = translate("the end") if token.kind == "end" else repr(token.value)
        values = {**holes, "found": found}
        raise failure(UsageError(problem, cure=cure, place=self.place, **values), self.origin(token))

    def condition(self) -> Condition:
        parts = [self.part()]
        while self.keyword("or"):
            parts.append(self.part())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def part(self) -> Condition:
        factors = [self.factor()]
        while self.keyword("and"):
            factors.append(self.factor())
        return factors[0] if len(factors) == 1 else All(tuple(factors))

    def factor(self) -> Condition:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.fail("nested too deeply")
        try:
            return self.nested()
        finally:
            self.depth -= 1

    def nested(self) -> Condition:
        if self.keyword("not"):
            return Not(self.factor())
        if self.bracket("("):
            inner = self.condition()
            if not self.bracket(")"):
                self.fail("expected ')', found {found}", cure="close the parenthesis")
            return inner
        origin = self.origin()
        if self.keyword("in", "segment"):
            return InSegment(self.segment(), origin)
        return self.test(origin)

    def origin(self, token: Token | None = None) -> Origin:
        return Origin(self.text, (token or self.token).column, self.place)

    def segment(self) -> str:
        if self.token.kind == "end" or self.token.kind in {"bracket", "sign"}:
            self.fail("expected a segment's name, found {found}")
        return self.take().value

    def test(self, origin: Origin) -> Condition:
        name = self.field()
        operator, negated = self.operator(name)
        test = Test(name, operator, self.operands(operator), origin)
        return Not(test) if negated else test

    def field(self) -> str:
        token = self.token
        if token.kind == "text":
            self.fail(
                "expected a field, found the text {found}",
                cure="put field names in backticks: `{name}`",
                name=token.value,
            )
        if token.kind not in {"word", "name"} or (token.kind == "word" and token.value.lower() in _RESERVED):
            self.fail("expected a field, found {found}")
        return self.take().value

    def operator(self, name: str) -> tuple[Operator, bool]:
        token = self.token
        words = [token.value] if token.kind == "sign" else self.words()
        spelling = longest_spelling(words)
        if not spelling:
            self.no_operator(name, words)
        self.position += len(spelling.split())
        return SPELLINGS[spelling]

    def no_operator(self, name: str, words: list[str]) -> NoReturn:
        near = nearest_operator(words)
        if near:
            self.fail("unknown operator {found}", cure="did you mean {near!r}?", near=near)
        self.fail(
            "expected an operator after {name!r}, found {found}",
            cure="operators are {operators}; names with blanks go in backticks", name=name, operators=COMMON,
        )  # fmt: skip

    def words(self) -> list[str]:
        """The bare words that come next, as far as they go."""
        found: list[str] = []
        for token in self.tokens[self.position :]:
            if token.kind != "word":
                break
            found.append(token.value)
        return found

    def operands(self, operator: Operator) -> tuple[Operand, ...]:
        match TAKES[operator]:
            case "nothing":
                return ()
            case "duration":
                return (self.duration(),)
            case "list":
                return self.list()
            case "pair":
                low = self.value()
                if not self.keyword("and"):
                    self.fail("expected 'and' and the upper bound, found {found}", cure="write: between 2 and 5")
                return low, self.value()
            case "text":
                token = self.token
                value = self.value(moments=False)
                if operator == "matches":
                    check_pattern(value, self.origin(token))
                return (value,)
            case _:
                return (self.value(),)

    def duration(self) -> Duration:
        token = self.token
        try:
            return Duration.parse(self.take().value)
        except UsageError:
            self.fail(
                "expected a duration, found {found}",
                cure="write a number and one of d, w, m, q, y, such as 90d",
                token=token,
            )

    def list(self) -> tuple[Operand, ...]:
        closing = {"[": "]", "(": ")"}.get(self.token.value) if self.token.kind == "bracket" else None
        if closing is None:
            self.fail("expected a list, found {found}", cure="write: in [one, two]")
        self.take()
        items = [self.value()]
        while self.bracket(","):
            items.append(self.value())
        if not self.bracket(closing):
            self.fail("expected ',' or the end of the list, found {found}", cure="put text with blanks in quotes")
        return tuple(items)

    def value(self, *, moments: bool = True) -> Operand:
        token = self.token
        if token.kind == "name":
            return FieldValue(self.take().value)
        if token.kind == "text":
            self.take()
            return literal(token.value, self.origin(token), quoted=True)
        if token.kind != "word" or token.value.lower() in _RESERVED:
            self.fail("expected a value, found {found}", cure="put text in quotes")
        written = self.take().value
        if moments and written.lower() == "as_of" and self.token.value in {"-", "+"}:
            written += self.take().value + self.take().value
        return literal(written, self.origin(token), quoted=not moments)
