"""Files that were taken in already: known by their hash, and by how they were taken in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crmctl.formats.reading import fingerprint
from crmctl.run.importing.ingest import Table
from crmctl.sql import SQL, join, sql
from crmctl.step.running import Context
from crmctl.store.runs import FileLedger, to_json
from crmctl.store.versions import find_head


@dataclass(frozen=True)
class Seen:
    """A file that is in the store as it is.

    Args:
        file: As the user names it.
        run: The run that took it in.
        sha256: Its hash.
        size: In bytes.
        records: How many records it has.
    """

    file: str
    run: int
    sha256: str
    size: int
    records: int

    @property
    def ledger(self) -> FileLedger:
        """All of it is skipped."""
        return FileLedger(self.file, self.records, 0, 0, self.records)


def digest(*how: object) -> str:
    """What tells one way of taking a file in from another."""
    return hashlib.md5(to_json(how).encode(), usedforsecurity=False).hexdigest()


def find_seen(
    run: Context, text: str, path: Path, *, source: str, how: str, into: str | None, mode: str
) -> Seen | None:
    """The run in which this file was taken in just so, as long as taking it in again would change nothing.

    A run that was undone does not count. Where the mode makes the file the whole truth about its source, or about the
    dataset, nothing else may have come in since.
    """
    known = sql(
        "from _crmctl.files_seen f where source = {source} and how = {how} and size = {size}"
        " and (run = {run} or run in (select run from _crmctl.runs where effective))"
        " and ({into}::varchar is null or lower(dataset) = lower({into}))",
        source=source, how=how, size=path.stat().st_size, run=run.run, into=into,
    )  # fmt: skip
    if not run.store.scalar(sql("select count(*) {known}", known=known)):
        return None
    sha256, size = fingerprint(path)
    rows = run.store.rows(
        sql("select run, dataset {known} and sha256 = {sha} order by run desc", known=known, sha=sha256)
    )
    if not rows:
        return None
    number = int(rows[0][0])
    datasets = sorted({str(dataset) for found, dataset in rows if found == number})
    if not all(_stands(run, dataset, number, source, mode) for dataset in datasets):
        return None
    records = run.store.scalar(
        sql("select coalesce(sum(records), 0) from _crmctl.inputs where run = {n} and sha256 = {sha}",
            n=number, sha=sha256)
    )  # fmt: skip
    return Seen(text, number, sha256, size, int(records))


def _stands(run: Context, dataset: str, number: int, source: str, mode: str) -> bool:
    """Whether the dataset is there, and nothing has come between that this mode would take back."""
    if dataset.casefold() not in map(str.casefold, run.datasets()):
        return False
    if mode == "replace":
        head = find_head(run.store, dataset)
        return head is not None and head.run == number and _is_as_imported(run, head.number)
    if mode == "snapshot":
        return not run.store.scalar(
            sql(
                "select count(*) from _crmctl.files_seen where lower(dataset) = lower({dataset}) and run > {number}"
                " and source = {source} and (run = {run} or run in (select run from _crmctl.runs where effective))",
                dataset=dataset,
                number=number,
                source=source,
                run=run.run,
            )
        )
    return True


def _is_as_imported(run: Context, version: int) -> bool:
    """Whether it was an import that made the version, and no later step of its run."""
    return bool(
        run.store.scalar(
            sql(
                "select count(*) from _crmctl.versions v join _crmctl.steps s on s.run = v.run and s.step = v.step"
                " where v.version = {version} and s.command = 'import'",
                version=version,
            )
        )
    )


def files_seen(name: str, tables: Sequence[Table], how: str) -> SQL:
    """The lines of the register for what goes into a dataset."""
    return sql(
        "select distinct * from ({lines})",
        lines=join(
            [
                sql(
                    "select {sha} as sha256, {path} as path, {size} as size, {name} as dataset, {source} as source,"
                    " {how} as how",
                    sha=t.sha256, path=t.file, size=t.size, name=name, source=t.source, how=how,
                )
                for t in tables
            ],
            " union all ",
        ),
    )  # fmt: skip
