"""The run log: one execution each, its steps, inputs and row ledger, and the small transaction that publishes it."""

from __future__ import annotations

import contextlib
import getpass
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crmctl.errors import InternalFault
from crmctl.sql import SQL, ident, sql
from crmctl.store.change import Change
from crmctl.store.connection import Store
from crmctl.store.versions import heads, set_heads
from crmctl.store.workdir import private_files


def utc_now() -> datetime:
    """The clock, as the run log keeps it; it never enters an output."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


@dataclass
class FileLedger:
    """What became of a file's records: read = loaded + rejected + skipped."""

    name: str
    read: int
    loaded: int
    rejected: int = 0
    skipped: int = 0

    def prove(self) -> None:
        """Check the sum.

        Raises:
            InternalFault: It does not add up.
        """
        if self.read != self.loaded + self.rejected + self.skipped:
            raise InternalFault("the ledger of {name} does not add up: {ledger}", name=self.name, ledger=self)


@dataclass
class RowLedger:
    """What became of a dataset's rows: in = out + merged + removed - added.

    Args:
        name: The dataset.
        change: What was measured.
        merged: Of the rows that are gone, those that a merged record stands for.
        reasons: Why rows were removed, where a step says so.
    """

    name: str
    change: Change
    merged: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def removed(self) -> int:
        """Rows that are gone and in no merged record."""
        return self.change.removed - self.merged

    def prove(self) -> None:
        """Check the sum, and that the reasons given for removals cover them.

        Raises:
            InternalFault: It does not add up.
        """
        c = self.change
        sums = c.rows_in == c.rows_out + self.merged + self.removed - c.added
        if not sums or self.removed < 0 or (self.reasons and sum(self.reasons.values()) != self.removed):
            raise InternalFault("the ledger of {name} does not add up: {ledger}", name=self.name, ledger=self)


def start_run(store: Store, *, kind: str, command: str, recipe: str | None, parameters: Mapping[str, Any]) -> int:
    """Note that a run has begun; runs that a dead process left running are marked as interrupted."""
    from crmctl import __version__

    with store.transaction("start"):
        store.execute(sql("update _crmctl.runs set status = 'interrupted' where status = 'running'"))
        number = int(store.scalar(sql("select coalesce(max(run), 0) + 1 from _crmctl.runs")))
        store.insert(
            sql("_crmctl.runs"),
            run=number, kind=kind, command=command, recipe=recipe, who=_who(), crmctl=__version__,
            parameters=to_json(parameters), status="running", started_at=utc_now(),
        )  # fmt: skip
    return number


def end_run(store: Store, run: int, status: str, message: str | None = None) -> None:
    """Note how a run ended that publishes nothing."""
    with store.transaction("end"):
        store.execute(
            sql(
                "update _crmctl.runs set status = {s}, finished_at = {now}, message = {m} where run = {run}",
                s=status,
                now=utc_now(),
                m=message,
                run=run,
            )
        )


def forget_run(store: Store, run: int) -> None:
    """Take back the note that a run has begun: it was called wrongly, and nothing was done."""
    with store.transaction("end"):
        for table in ("rejects", "runs"):
            store.execute(sql("delete from _crmctl.{table} where run = {run}", table=ident(table), run=run))


def publish(
    store: Store,
    run: int,
    targets: Mapping[str, int | None],
    *,
    as_of: datetime | None,
    source: str,
    also: Sequence[SQL] = (),
) -> None:
    """Make a run count: heads, views, ledger and side state at once.

    Side state carries its run's number and counts only while the run is effective, so nothing needs to be moved.
    ``also`` are statements of the same transaction.
    """
    with store.transaction("publish"):
        for dataset, number in targets.items():
            before = store.scalar(sql("select version from _crmctl.heads where lower(dataset) = lower({d})", d=dataset))
            store.insert(sql("_crmctl.moves"), run=run, dataset=dataset, from_version=before, to_version=number)
        store.execute(sql("update _crmctl.versions set published = true where run = {run}", run=run))
        store.execute(
            sql(
                "update _crmctl.runs set status = 'done', effective = true, finished_at = {now}, as_of = {as_of},"
                " as_of_source = {source} where run = {run}",
                now=utc_now(),
                as_of=as_of,
                source=source if as_of else None,
                run=run,
            )
        )
        for statement in also:
            store.execute(statement)
        set_heads(store, dict(targets))
    _note_names(store)


def _note_names(store: Store) -> None:
    """Datasets and fields in a file beside the store: shell completion reads it without loading a database."""
    if store.path is None:
        return
    names = {head.dataset: [column.name for column in head.columns] for head in heads(store)}
    with contextlib.suppress(OSError), private_files():
        store.path.with_name(store.path.name + ".names").write_text(to_json(names), encoding="utf-8")


def write_ledger(store: Store, run: int, step: int, ledger: FileLedger | RowLedger) -> None:
    """Prove a ledger line and keep it."""
    ledger.prove()
    if isinstance(ledger, FileLedger):
        store.insert(
            sql("_crmctl.ledger"),
            run=run, step=step, subject="file", name=ledger.name,
            read=ledger.read, loaded=ledger.loaded, rejected=ledger.rejected, skipped=ledger.skipped,
        )  # fmt: skip
        return
    change = ledger.change
    store.insert(
        sql("_crmctl.ledger"),
        run=run, step=step, subject="dataset", name=ledger.name,
        rows_in=change.rows_in, rows_out=change.rows_out, merged=ledger.merged, removed=ledger.removed,
        added=change.added, changed=change.changed, reasons=to_json(ledger.reasons) if ledger.reasons else None,
    )  # fmt: skip
    for name, cells in change.cells.items():
        store.insert(sql("_crmctl.changes"), run=run, step=step, dataset=ledger.name, field=name, cells=cells)


def to_json(value: object) -> str:
    """Plain data as stable JSON; anything else as its text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
