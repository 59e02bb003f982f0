"""What keeps two records apart, or from being merged unseen, whatever else agrees.

Family name, phone and address belong to a household; given name, birthday, e-mail and identifier to a person.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmctl.matching.comparison import Comparison
from crmctl.sql import FALSE, SQL, conjunction, disjunction, sql


class _Levels:
    """Conditions over the level columns; a field that was not compared agrees with nothing and differs in nothing."""

    def __init__(self, comparisons: Sequence[Comparison]) -> None:
        self.columns = {comparison.name: comparison.column for comparison in comparisons}

    def at_least(self, name: str, level: int) -> SQL:
        return sql("{c} >= {n}", c=self.columns[name], n=level) if name in self.columns else FALSE

    def exactly(self, name: str, level: int) -> SQL:
        return sql("{c} = {n}", c=self.columns[name], n=level) if name in self.columns else FALSE

    def personal(self) -> SQL:
        """Something that belongs to one person agrees, or nearly."""
        return disjunction([self.at_least("email", 3), self.at_least("handle", 2), self.at_least("identifier", 2)])

    def household(self) -> SQL:
        """Phone or address agree."""
        address = conjunction([self.at_least("street", 3), self.at_least("postal", 3)])
        return disjunction([self.at_least("phone", 2), address])


def veto(comparisons: Sequence[Comparison]) -> SQL:
    """True for a compared pair that must stay apart, over its level columns.

    A clearly different given name is a relative, a flatmate or a colleague; only the same identifier outweighs it. A
    contradicting birthday is outweighed by personal evidence, or by the household's together with the given name.
    """
    levels = _Levels(comparisons)
    other_given_name = conjunction([
        levels.exactly("given", 1), sql("not ({same})", same=levels.at_least("identifier", 2)),
    ])  # fmt: skip
    at_home = conjunction([levels.household(), levels.at_least("given", 3)])
    other_birthday = conjunction([
        levels.exactly("birthday", 1), sql("not ({known})", known=disjunction([levels.personal(), at_home])),
    ])  # fmt: skip
    return disjunction([other_given_name, other_birthday])


def unsure(comparisons: Sequence[Comparison]) -> SQL:
    """True for a pair that is for a person to decide, however high its score.

    Nothing but names and a city agrees; or only the household's evidence ties the two together, with no given name to
    compare and no agreeing birthday, or with birthdays that contradict each other: father and son of one name.
    """
    levels = _Levels(comparisons)
    agreeing = disjunction([
        levels.personal(), levels.household(), levels.at_least("birthday", 2), levels.at_least("email", 2),
        levels.at_least("postal", 3), levels.at_least("street", 3), levels.at_least("company", 3),
        levels.at_least("register", 2),
    ])  # fmt: skip
    nameless = conjunction([levels.exactly("given", 0), sql("not ({b})", b=levels.at_least("birthday", 3))])
    household = conjunction([
        disjunction([nameless, levels.exactly("birthday", 1)]), sql("not ({p})", p=levels.personal()),
    ])  # fmt: skip
    return disjunction([sql("not ({a})", a=agreeing), household])
