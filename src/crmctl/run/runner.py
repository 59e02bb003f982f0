"""One run: finds the inputs of its steps, executes them, measures and keeps what they return, publishes at the end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, BinaryIO

import duckdb

from crmctl import messages
from crmctl.atomic import Pending
from crmctl.errors import CrmctlError, DataFailed, UsageError
from crmctl.formats.databases.remote import shown, without_passwords
from crmctl.run.fingerprint import fingerprint
from crmctl.run.importing.account import told_others
from crmctl.run.importing.ingest import FILE_SUFFIXES, Ingested, ingest, source_name
from crmctl.run.importing.limits import reject_failure
from crmctl.run.interrupts import is_interrupt
from crmctl.run.keep import keep_result
from crmctl.run.moment import Moment, from_data, parse_as_of
from crmctl.run.outcome import Listener, Silent, StepReport
from crmctl.run.resolve import resolve
from crmctl.sql import SQL, ident, sql
from crmctl.step import Context, Dataset, Result, StepSpec
from crmctl.step.running import CURRENT
from crmctl.step.types import looks_like_file
from crmctl.store import Store, versions
from crmctl.store.retention import prune
from crmctl.store.runs import FileLedger, end_run, forget_run, publish, start_run, utc_now

_REJECT_LIMIT = "5%"
_REJECTS_TOLD = 3


class Runner:
    """A run in progress over an open store.

    Use it as a context: it publishes when the block ends well, and notes the failure when it does not.

    Args:
        store: The store, open for writing; a private one for work on files.
        kind: What the run is: step or recipe.
        command: What the user ran.
        recipe: The recipe's name.
        parameters: What it was given, for the log.
        as_of: `today`, an ISO date, or None for the newest event in the data.
        listener: Told how the run goes on.
        total: How many steps it will have.
        stdout: Where a step writes what goes to ``-``.
        ask: Asks the user for a file's password.
    """

    def __init__(
        self,
        store: Store,
        *,
        kind: str,
        command: str,
        recipe: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        as_of: str | None = None,
        listener: Listener | None = None,
        total: int = 1,
        stdout: BinaryIO | None = None,
        ask: Callable[[str], str | None] | None = None,
    ) -> None:
        self.ask = ask
        self.afterwards: list[Callable[[], None]] = []
        self.store, self.listener, self.total = store, listener or Silent(), total
        self.stdout = stdout
        self.given: Moment | None = parse_as_of(as_of) if as_of else None
        self.moment = self.given
        self.started = utc_now()
        self.staged: dict[str, Dataset] = {}
        self.targets: dict[str, int] = {}
        self.scratch: list[SQL] = []
        self.steps = 0
        self.failure: str | None = None
        self.pending = Pending()
        self.opened: list[FileLedger] = []
        self._files: dict[str, Dataset] = {}
        kept = without_passwords(parameters or {})
        self.run = start_run(store, kind=kind, command=command, recipe=recipe, parameters=kept)
        self.listener.run_started(self.run, total)

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        try:
            self._end(error)
        finally:
            self.pending.drop()

    def _end(self, error: BaseException | None) -> None:
        if error is not None or self.failure is not None:
            self._fail(error)
            return
        try:
            self._drop_scratch()
            moment = self.moment
            publish(
                self.store, self.run, self.targets, as_of=moment.at if moment else None,
                source=moment.source if moment else "",
            )  # fmt: skip
        except BaseException as unpublished:
            self._fail(unpublished)
            raise
        self.pending.place()
        for action in self.afterwards:
            action()
        prune(self.store)

    def _fail(self, error: BaseException | None) -> None:
        """Note that the run came to nothing, and clear away what it leaves."""
        status = "interrupted" if is_interrupt(error) else "failed"
        text = _in_words(error) if error else self.failure or ""
        with contextlib.suppress(duckdb.Error):  # what went wrong is what has to be told
            self._drop_scratch()
        if isinstance(error, UsageError) and self.steps < 2 and not self.staged:
            forget_run(self.store, self.run)
        else:
            end_run(self.store, self.run, status, text if status == "failed" else "")
        with contextlib.suppress(duckdb.Error):
            prune(self.store)

    def as_of(self) -> datetime:
        """The run's one moment; fixed here when first asked for."""
        if self.moment is None:
            self.moment = from_data(self.store, [*self._all_datasets(), *self._files.values()], self.started)
            self.listener.note(
                messages.translate(
                    "as of {date} ({source})", date=self.moment.at.date(), source=messages.term(self.moment.source)
                )
            )
        return self.moment.at

    def dated(self) -> date | None:
        """The day that a file may carry as its own: the moment's, where that is known and not only the clock's."""
        return self.moment.dated if self.moment else None

    def _all_datasets(self) -> list[Dataset]:
        current = {head.dataset.casefold(): from_version(head) for head in versions.heads(self.store)}
        return [*(current | self.staged).values()]

    def dataset_names(self) -> list[str]:
        """The names of all datasets there are in this run; files are none."""
        return sorted(dataset.name for dataset in self._all_datasets())

    def dataset(self, text: str) -> Dataset:
        """A dataset as this run has it: made by one of its steps, else the head; or a file.

        Raises:
            UsageError: There is no such dataset.
            FileError: There is no such file.
        """
        if text in self._files:
            return self._files[text]
        if looks_like_file(text, FILE_SUFFIXES):
            return self._open_file(text)
        name = text.removeprefix("dataset:")
        if name.casefold() in self.staged:
            return self.staged[name.casefold()]
        head = versions.find_head(self.store, name)
        if head is None:
            raise versions.unknown_dataset(name, self.dataset_names())
        return from_version(head)

    def _open_file(self, text: str, schema: str | None = None) -> Dataset:
        read = ingest(self.store, text, self.table(scratch=True), schema=schema, ask=self.ask)
        dataset = Dataset(
            name=source_name(text), relation=read.table, columns=read.columns, rows=read.ledger.loaded,
            keys=tuple(read.schema.key) if read.schema else (), schema=read.schema_reference,
            fingerprint=read.reading.sha256, reading=read.reading,
        )  # fmt: skip
        dataset = replace(dataset, origin=dataset)
        self._files[text] = dataset
        self.opened.append(read.ledger)
        self.listener.note(f"{shown(text)}: {read.reading.decision}")
        if read.others:
            self.listener.note(told_others(read.others))
        if read.ledger.rejected:
            self._reject(text, read)
        return dataset

    def _reject(self, text: str, read: Ingested) -> None:
        """Keep and tell what could not be read of a file.

        Raises:
            DataFailed: It is too much.
        """
        self.store.execute(
            sql(
                "insert into _crmctl.rejects select {run}, {step}, {name}, null, {source}, {file}, line, reason, raw"
                " from {rejects}",
                run=self.run, step=self.steps, name=source_name(text), source=source_name(text), file=text,
                rejects=read.rejects,
            )
        )  # fmt: skip
        self.listener.note(
            messages.translate("lines of {file} that could not be read: {count}", count=read.ledger.rejected, file=text)
        )
        first = sql("select line, reason from {t} order by line limit {n}", t=read.rejects, n=_REJECTS_TOLD)
        for line, reason in self.store.rows(first):
            self.listener.note(f"{text}:{line}: {messages.term(str(reason))}")
        failure = reject_failure([read.ledger], _REJECT_LIMIT)
        if failure is not None:
            raise DataFailed(
                "{failure}", cure="mend the file, or import it with a higher --max-rejects", failure=failure
            )

    def table(self, *, scratch: bool = False) -> SQL:
        """A fresh name for a version's table, or for one that goes when the run ends."""
        number = self.store.take_version()
        if not scratch:
            return versions.version_table(number)
        table = ident("_crmctl", f"scratch{number}")
        self.scratch.append(table)
        return table

    def _drop_scratch(self) -> None:
        for table in self.scratch:
            self.store.execute(sql("drop table if exists {table}", table=table))
        self.scratch.clear()

    def perform(
        self,
        spec: StepSpec,
        plain: Mapping[str, Any],
        *,
        into: str | None = None,
        name: str | None = None,
        keeps: bool = True,
        intermediate: bool = False,
        sample: bool = False,
    ) -> StepReport:
        """Execute one step and keep its result as an unpublished version.

        Args:
            spec: The step.
            plain: Its validated parameters by recipe key.
            into: The dataset that the result becomes; the input's own where None.
            name: What the ledger calls it.
            keeps: The result stays in the store (else it goes to a file and is only made).
            intermediate: The next step goes on with the result at once: no version is written.
            sample: A dry run: look for changed cells to show, and let the step write no file.

        Raises:
            CrmctlError: Whatever is wrong with the parameters, the data or the files.
        """
        self.steps += 1
        self.opened = []
        report = StepReport(self.steps, spec.name, name or spec.name)
        self.listener.step_started(self.steps, self.total, report.name)
        begun = time.perf_counter()
        if into is not None and into.casefold() not in {known.casefold() for known in self.dataset_names()}:
            versions.check_new_name(self.store, into)
        arguments, datasets = resolve(spec, plain, self.dataset, self.as_of)
        digest = fingerprint(
            spec, plain, datasets, self._all_datasets(), into=into, as_of=self.given.at if self.given else None
        )
        token = CURRENT.set(self._context(report, into, keeps, datasets, dry_run=sample))
        try:
            # What an answer writes tells of the data, failed or not; all other files wait until the run is published.
            with contextlib.nullcontext() if spec.kind == "answer" else self.pending.collecting():
                result = spec.function(**arguments)
        finally:
            CURRENT.reset(token)
        if not isinstance(result, Result):
            result = Result(rows=result)
        keep_result(
            self, spec, plain, result, datasets, report,
            into=into, keeps=keeps, intermediate=intermediate, fingerprint=digest, sample=sample,
        )  # fmt: skip
        self.store.drop_temporary()
        report.seconds = time.perf_counter() - begun
        self.listener.step_finished(report)
        if report.failure:
            self.failure = report.failure
        return report

    def fail_if_data_failed(self) -> None:
        """Raise what a step said about the data.

        Raises:
            DataFailed: A check failed, or a guard refused.
        """
        if self.failure:
            raise DataFailed("{failure}", failure=self.failure)

    def _context(
        self, report: StepReport, into: str | None, keeps: bool, read: list[Dataset], *, dry_run: bool
    ) -> Context:
        def note(text: str) -> None:
            report.notes.append(text)

        def dataset(text: str) -> Dataset:
            found = self.dataset(text)
            if found not in read:
                read.append(found)
            return found

        return Context(
            store=self.store, run=self.run, step=report.step, into=into, keeps=keeps, language=messages.language(),
            dataset=dataset, datasets=self.dataset_names, table=self.table, as_of=self.as_of, dated=self.dated,
            note=note, detail=report.details.append,
            stdout=self.stdout, dry_run=dry_run, ask=self.ask, afterwards=self.afterwards.append,
        )  # fmt: skip

    def stage(self, dataset: Dataset, *, keeps: bool = True) -> None:
        """From now on this is the run's state of the dataset; the store will have it where it ``keeps``."""
        if keeps and dataset.name.casefold() not in self.staged and dataset.name not in self.dataset_names():
            versions.check_new_name(self.store, dataset.name)
        self.staged[dataset.name.casefold()] = dataset
        if dataset.version is not None:
            self.targets = {k: v for k, v in self.targets.items() if k.casefold() != dataset.name.casefold()}
            self.targets[dataset.name] = dataset.version


def _in_words(error: BaseException) -> str:
    """What went wrong and what to do, as the run's log says it."""
    if isinstance(error, CrmctlError) and error.cure:
        return f"{error.cause}; {error.cure}"
    return error.cause if isinstance(error, CrmctlError) else str(error)


def from_version(version: versions.Version) -> Dataset:
    """A stored version as a step sees it."""
    return Dataset(
        name=version.dataset, relation=version.table, columns=version.columns, rows=version.rows,
        keys=version.keys, schema=version.schema, version=version.number, fingerprint=version.fingerprint,
    )  # fmt: skip
