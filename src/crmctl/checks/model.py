"""What a check is: the keys every kind shares, and what a kind has to answer. The kinds themselves live in `kinds`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, LiteralString

from pydantic import BaseModel, ConfigDict, PrivateAttr

from crmctl.checks.threshold import ANY_ROW, Threshold, parse_threshold
from crmctl.errors import CrmctlError, Place, UsageError
from crmctl.schema.column import Column, blank
from crmctl.sql import FALSE, SQL, conjunction, sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

References = Mapping[str, tuple[SQL, Sequence[Column]]]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a check may look at: the data under test, the other datasets, and the run's one `as_of`."""

    con: DuckDBPyConnection
    relation: SQL
    columns: Sequence[Column]
    references: References
    as_of: datetime


@dataclass(frozen=True, slots=True)
class RowTest:
    """What a kind asks of each row.

    Args:
        fails: A boolean; null counts as not failing.
        applies: Narrows the rows further than non-blank and `where`; a boolean.
        counts: For kinds whose count is no sum over rows: a query answering (rows, failed, groups).
        dataset_level: The kind speaks of the dataset, so no row is listed.
    """

    fails: SQL = FALSE
    applies: SQL | None = None
    counts: SQL | None = None
    dataset_level: bool = False


@dataclass(frozen=True, slots=True)
class Skip:
    """Why a check was not run."""

    reason: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What was measured: the rows a check applies to, those that fail it, and (for `unique`) the duplicate groups."""

    rows: int
    failed: int
    groups: int = 0


class Check(BaseModel):
    """One expectation of a dataset.

    Args:
        kind: What is asked; one of `KINDS`.
        field: The field it concerns, by name, header or label.
        fields: Several: one check for each, or one for all together where the kind is about a combination.
        name: What results call it; made from kind and field where not given.
        severity: `warn` never lets the run fail.
        fail: How many failing rows fail the check: `>0` (the default), `>=10`, `>5%`.
        warn: How many give a warning. A check with only `warn` never fails.
        where: A condition; the check looks only at rows that meet it.
        description: Why the expectation holds, for people.
        owner: Who is to be asked.
        if_missing: What a field that the data do not have means.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    # Whether a kind takes one field (several give a check each), several together, perhaps one, or none.
    takes: ClassVar[Literal["each", "together", "optional", "none"]] = "each"
    counts_rows: ClassVar[bool] = True

    kind: str
    field: str | None = None
    fields: list[str] | None = None
    name: str | None = None
    severity: Literal["error", "warn"] = "error"
    fail: str | None = None
    warn: str | None = None
    where: str | dict[str, Any] | list[Any] | None = None
    description: str | None = None
    owner: str | None = None
    if_missing: Literal["error", "fail", "skip"] = "error"
    _place: Place | None = PrivateAttr(None)

    @property
    def place(self) -> Place | None:
        """Where the check was written, if in a file."""
        return self._place

    def at(self, place: Place | None) -> Check:
        """The check, remembering where it was written."""
        placed = self.model_copy()
        placed._place = place
        return placed

    @property
    def targets(self) -> list[str]:
        """The fields it names."""
        return [self.field] if self.field is not None else list(self.fields or [])

    @property
    def title(self) -> str:
        """Its name, else one made from kind and fields."""
        return self.name or f"{self.kind}({', '.join(self.targets)})"

    @property
    def thresholds(self) -> tuple[Threshold | None, Threshold | None]:
        """From when on it fails and warns. None: never.

        Raises:
            UsageError: A threshold that cannot be read, or that is met always or never.
        """
        warn = parse_threshold(self.warn, self.place) if self.warn is not None else None
        fail = parse_threshold(self.fail, self.place) if self.fail is not None else None
        if fail is None and warn is None:
            fail = ANY_ROW
        if fail and warn and fail.shadows(warn):
            raise UsageError(
                "{name}: warn {warn} is never reached, since fail {fail} comes first",
                cure="make warn smaller than fail", place=self.place, name=self.title, warn=warn, fail=fail,
            )  # fmt: skip
        return fail, warn

    def needs(self) -> list[str]:
        """Every field it reads, as written: those it names, and those of its conditions.

        Raises:
            UsageError: Its condition cannot be read.
        """
        from crmctl.checks.conditions import condition_fields

        return self.targets + ([] if self.where is None else condition_fields(self.where, self.place))

    def expanded(self) -> list[Check]:
        """One check for each field, where the kind looks at one field at a time."""
        if self.takes != "each" or self.fields is None:
            return [self]
        suffix = len(self.fields) > 1 and self.name is not None
        return [
            self.model_copy(
                update={"field": field, "fields": None, "name": f"{self.name} ({field})" if suffix else self.name}
            )
            for field in self.fields
        ]

    def problems(self) -> list[CrmctlError]:
        """What is wrong with the check whatever the data."""
        problems: list[CrmctlError] = [problem for problem in (self._field_problem(),) if problem]
        if not self.counts_rows and (self.fail is not None or self.warn is not None):
            problems.append(self.wrong("{kind} takes no fail or warn", cure="remove them, or write severity: warn"))
        try:
            _ = self.thresholds
        except UsageError as error:
            problems.append(error)
        return problems

    def _field_problem(self) -> UsageError | None:
        if self.field is not None and self.fields is not None:
            return self.wrong("{kind} has both field and fields", cure="keep one of them")
        match self.takes:
            case "none" if self.targets:
                return self.wrong("{kind} takes no field", cure="remove it")
            case "optional" if len(self.targets) > 1:
                return self.wrong("{kind} takes one field at most", cure="name only the field to be shown")
            case "each" | "together" if not self.targets:
                return self.wrong("{kind} needs a field", cure="add field: or fields:")
        if len(set(self.targets)) < len(self.targets):
            return self.wrong("{kind} names a field twice", cure="name each field once")
        return None

    def wrong(self, cause: LiteralString, /, *, cure: LiteralString = "", **values: object) -> UsageError:
        """A usage error at this check's place; the templates may use {kind}."""
        return UsageError(cause, cure=cure, place=self.place, kind=self.kind, **values)

    def scope_of_rows(self, columns: Sequence[Column]) -> SQL:
        """The rows it can speak of before `where`: those where none of its fields is blank."""
        return conjunction(sql("not {blank}", blank=blank(column.identifier)) for column in columns)

    @abstractmethod
    def test(self, scope: Scope, columns: Sequence[Column], applies: SQL) -> RowTest | Skip:
        """What it asks of each row; ``applies`` already holds non-blank and `where`.

        Raises:
            UsageError: The check cannot be carried out on these columns.
        """

    @abstractmethod
    def message(self, counts: Counts) -> str:
        """The finding in a sentence that names its denominator, in the user's language."""

    def verdict(self, counts: Counts) -> Literal["passed", "warned", "failed"]:
        """What the counts mean under the thresholds and the severity."""
        fail, warn = self.thresholds
        if fail and fail.met(counts.failed, counts.rows):
            return "failed" if self.severity == "error" else "warned"
        return "warned" if warn and warn.met(counts.failed, counts.rows) else "passed"


def trimmed(column: Column) -> SQL:
    """A column's text without the blanks around it: what every kind compares."""
    return sql("trim({text})", text=column.identifier)
