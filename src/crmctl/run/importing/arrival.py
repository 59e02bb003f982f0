"""How rows read from files meet the rows that are there, in each mode. Whose rows they are is `identity`'s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crmctl import messages
from crmctl.errors import UsageError
from crmctl.run.importing.combining import combine, filled
from crmctl.run.importing.folding import all_columns, fold, overruled, union
from crmctl.run.importing.identity import (
    Keys,
    came_in,
    find_by_content,
    find_by_key,
    keyless_contents,
    new_contents,
    new_ids,
    take_out_members,
)
from crmctl.run.importing.ingest import Ingested
from crmctl.run.importing.misfits import with_misfits
from crmctl.run.importing.precedence import Precedence
from crmctl.run.importing.presence import came_back, kept, shrink_failure, staying, went
from crmctl.run.importing.tracing import placed_findings, together, traced
from crmctl.schema.column import Column
from crmctl.sql import SQL, TRUE, join, sql
from crmctl.step.result import Loaded
from crmctl.step.running import Context
from crmctl.step.types import Dataset


@dataclass(frozen=True)
class Meeting:
    """What the user wants to become of the rows that are there.

    Args:
        mode: upsert, append, replace or snapshot.
        blanks_overwrite: Blank cells that come in empty those that are there.
        keep: Which value holds, by field.
        max_removed: How many rows of a source a snapshot may lack: a number, or a share.
    """

    mode: str
    blanks_overwrite: bool = False
    keep: Mapping[str, str] = field(default_factory=dict)
    max_removed: str = "50%"


@dataclass(frozen=True)
class Arrival:
    """The dataset's new state, what was found on the way, whose rows are new, and why a guard refuses it."""

    rows: SQL | Loaded
    columns: tuple[Column, ...]
    findings: SQL | None
    side: Mapping[str, SQL] = field(default_factory=dict)
    failure: str | None = None


@dataclass(frozen=True)
class _Removal:
    """Which rows stay, which source ids are gone, and why a guard refuses that."""

    stays: SQL = TRUE
    gone: SQL | None = None
    failure: str | None = None


def arrive(
    run: Context, name: str, previous: Dataset | None, parts: Sequence[Ingested], key: Sequence[str], how: Meeting
) -> Arrival:
    """Bring the parts' rows together with what is there.

    Raises:
        UsageError: The mode needs a key that the files do not have, or a rule makes no sense.
    """
    own = all_columns(None, parts)
    columns = own if how.mode == "replace" else all_columns(previous, parts)
    known_key = _usable_key(name, previous, own, key, how.mode)
    precedence = Precedence.of(how.keep, columns, blanks_overwrite=how.blanks_overwrite)
    incoming = parts[0].table if len(parts) == 1 else union(run, parts, own)
    keys = came_in(run, name, incoming, known_key)
    contents = keyless_contents(run, incoming, own, known_key, keys)
    repeated = False
    if how.mode != "append":
        find_by_key(run, incoming, keys, known_key)
        repeated = find_by_content(run, name, incoming, contents) or keys.moves
    side = {
        "contents": new_contents(run, name, contents),
        "ids": new_ids(name, keys),
        "arrivals": traced(run, name, incoming, parts),
    }
    early = placed_findings(run, incoming, parts)
    members = None
    if previous is not None and how.mode != "append":
        members = take_out_members(run, name, previous, incoming, known_key, only_doubled=how.mode == "replace")
    superseded = fold(run, incoming, own, precedence) if repeated else None
    if members is not None and previous is not None:
        superseded = overruled(run, members, own, previous, superseded)
    findings = with_misfits(run, incoming, own, together(run, early, superseded))
    arrived = incoming if members is None else sql("(from {i} union all from {m})", i=incoming, m=members)
    removal = _removal(run, name, previous, parts, keys, arrived, how)
    changes = [log for log in (came_back(run, name, keys), removal.gone) if log is not None]
    if changes:
        side["gone"] = join(changes, " union all ")
    if previous is None or how.mode == "replace":
        rows: SQL | Loaded = Loaded(incoming)
        if members is not None:
            rows = filled(sql("select * from {t}", t=incoming), own, members, own)
        return Arrival(rows, own, findings, side)
    rows = combine(previous.relation, previous.columns, incoming, own, columns, removal.stays, precedence)
    if members is not None:
        rows = filled(rows, columns, members, own)
    return Arrival(rows, columns, findings, side, removal.failure)


def _usable_key(
    name: str, previous: Dataset | None, own: Sequence[Column], key: Sequence[str], mode: str
) -> Sequence[str]:
    """The key, where the files have its columns; an upsert into what is there cannot do without."""
    if key and set(key) <= {column.name for column in own}:
        return key
    if mode == "upsert" and previous is not None:
        raise UsageError(
            "{name} cannot be upserted: no column for its key {key}",
            cure="map one with --map, or choose another --mode",
            name=name,
            key=", ".join(key) or "-",
        )
    return ()


def _removal(
    run: Context, name: str, previous: Dataset | None, parts: Sequence[Ingested], keys: Keys, arrived: SQL, how: Meeting
) -> _Removal:
    """What a snapshot takes away; nothing in any other mode."""
    sources = _whole_sources(run, parts) if how.mode == "snapshot" else []
    if previous is None or not sources:
        return _Removal()
    stay = staying(run, name, arrived, sources)
    failure = shrink_failure(run, name, previous, stay, sources, how.max_removed)
    return _Removal(kept(run, name, stay, sources), went(run, name, keys, sources), failure)


def _whole_sources(run: Context, parts: Sequence[Ingested]) -> list[str]:
    """The sources whose snapshot is whole: of a file with lines that could not be read nobody knows what it lacks."""
    broken = {part.source for part in parts if part.broken or part.ledger.rejected}
    for source in sorted(broken):
        run.note(
            messages.translate(
                "no row of {source} is removed: a line that could not be read may be the one that is missing",
                source=source,
            )
        )
    return sorted({part.source for part in parts} - broken)
