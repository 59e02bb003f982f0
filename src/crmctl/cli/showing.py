"""What a terminal shows of a run: progress, ledger, samples, tables. Data go to stdout, all else to stderr."""

from __future__ import annotations

import sys
from typing import Any

import click

from crmctl.cli.options import Globals
from crmctl.cli.progress import Progress
from crmctl.cli.tables import markdown, show_table
from crmctl.messages import language, term, translate
from crmctl.run import StepReport
from crmctl.sql import ident, join, sql
from crmctl.step import Dataset
from crmctl.step.declaration import Declaration
from crmctl.store import Store
from crmctl.store.runs import FileLedger, RowLedger

_PREVIEW = 20
_SAMPLE_WIDTH = 40


class Terminal:
    """Listens to a run and shows it on stderr; collects a result's first rows for the terminal.

    Args:
        globals_: The global options.
        spec: The one step; None for a recipe.
        answers: An answer belongs on stdout; not where the step itself writes there.
    """

    def __init__(self, globals_: Globals, spec: Declaration | None = None, *, answers: bool = True) -> None:
        self.globals, self.spec, self.answers = globals_, spec, answers
        self.progress = Progress(enabled=not globals_.quiet and sys.stderr.isatty())
        self.run = 0
        self.rows: list[tuple[Any, ...]] = []
        self.headers: list[str] = []
        self.total = 0

    def run_started(self, run: int, total: int) -> None:
        """Remember the run's number."""
        self._go_on()
        self.run = run
        del total

    def step_started(self, step: int, total: int, name: str) -> None:
        """Start the progress line."""
        self._go_on()
        self.progress.start(f"[{step}/{total}] {name}" if total > 1 else name)

    def step_finished(self, report: StepReport) -> None:
        """Stop it; a recipe's steps are told as they end."""
        self.progress.stop()
        self._go_on()
        if self.spec is None:
            self.tell(report)

    def _go_on(self) -> None:
        """An interrupt that a library kept to itself counts all the same, as long as nothing is published."""
        if self.globals.interrupted:
            raise KeyboardInterrupt

    def note(self, text: str) -> None:
        """A sentence on stderr."""
        self.progress.pause()
        self.say(text)

    def ask(self, path: str) -> str | None:
        """A protected file's password, typed unseen; None where nobody sits at the terminal."""
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return None
        self.progress.pause()
        password: str = click.prompt(translate("password of {path}", path=path), hide_input=True, err=True)
        return password

    def say(self, text: str) -> None:
        """A line on stderr, unless the user wants none."""
        if not self.globals.quiet:
            click.echo(text, err=True)

    def collect(self, store: Store, dataset: Dataset) -> None:
        """Keep the first rows of a result that goes to the terminal."""
        names = join([ident(column.name) for column in dataset.columns])
        self.headers = [column.header for column in dataset.columns]
        self.rows = store.rows(sql("select {n} from {t} limit {k}", n=names, t=dataset.relation, k=_PREVIEW))
        self.total = dataset.rows

    def tell(self, report: StepReport) -> None:
        """A step's ledger, findings and notes on stderr."""
        title = f"{report.name}" + (f" ({report.seconds:.1f} s)" if self.globals.verbose else "")
        self.say(click.style(title, bold=True) if sys.stderr.isatty() else title)
        for note in [*report.notes, *(report.details if self.globals.verbose else [])]:
            self.say(f"  {note}")
        for ledger in report.ledgers:
            self.say(f"  {ledger_line(ledger)}")
        if report.findings:
            counts = ", ".join(f"{count:,} {term(status)}" for status, count in report.findings.items())
            self.say("  " + translate("findings: {counts}", counts=counts))
        for path in report.files:
            self.say("  " + translate("written: {path}", path=path))
        self._show_sample(report)

    def show(self, report: StepReport, wanted: str | None, *, dry_run: bool) -> None:
        """The end of a single step: what was asked for, and what became of it."""
        self.tell(report)
        if dry_run:
            self.say(translate("dry run: nothing was changed"))
        elif self.rows or self.headers:
            show_table(self.headers, self.rows, wanted)
            if self.total > len(self.rows):
                self.say(
                    translate(
                        "{shown} of {total} rows; -o FILE writes them all", shown=len(self.rows), total=self.total
                    )
                )
        if report.answer is not None and self.answers and not report.wrote_stdout and not self._written(report):
            labels = {column.name: column.label(language()) for column in report.answer_columns}
            headers = [labels.get(name, name) for name in report.answer.column_names]
            show_table(headers, [tuple(row.values()) for row in report.answer.to_pylist()], wanted)

    def _written(self, report: StepReport) -> bool:
        return bool(report.files) and self.spec is not None and self.spec.kind == "answer" and self.spec.name != "check"

    def _show_sample(self, report: StepReport) -> None:
        if report.sample:
            cells = [
                (row["source"], row["line"], row["field"], _short(row["before"]), _short(row["after"]))
                for row in report.sample
            ]
            places = [translate("Source"), translate("Line"), translate("Field")]
            headers = [*places, translate("Before"), translate("After")]
            self.say(markdown(headers, cells) if not sys.stderr.isatty() else "")
            if sys.stderr.isatty():
                show_table(headers, cells, None, err=True)
            if report.sample[0]["of"] > len(cells):
                self.say(
                    translate("{shown} of {total:,} changed cells", shown=len(cells), total=report.sample[0]["of"])
                )


def _short(value: Any) -> str:
    """A cell on one line, with blanks at its ends and control characters made visible."""
    if value is None:
        return translate("(empty)")
    text = "".join(char if char.isprintable() or char == " " else repr(char)[1:-1] for char in str(value))
    text = text if text == text.strip() and text else f'"{text}"'
    return text if len(text) <= _SAMPLE_WIDTH else text[: _SAMPLE_WIDTH - 1] + "…"


def ledger_line(ledger: FileLedger | RowLedger) -> str:
    """A ledger as the sum that it is."""
    if isinstance(ledger, FileLedger):
        return translate(
            "{name}: read {read:,} = loaded {loaded:,} + rejected {rejected:,} + skipped {skipped:,}",
            name=ledger.name, read=ledger.read, loaded=ledger.loaded, rejected=ledger.rejected, skipped=ledger.skipped,
        )  # fmt: skip
    change = ledger.change
    text = translate(
        "{name}: rows in {rows_in:,} = out {rows_out:,} + merged {merged:,} + removed {removed:,} - added {added:,};"
        " changed {changed:,}",
        name=ledger.name, rows_in=change.rows_in, rows_out=change.rows_out, merged=ledger.merged,
        removed=ledger.removed, added=change.added, changed=change.changed,
    )  # fmt: skip
    reasons = ", ".join(f"{term(reason)}: {count:,}" for reason, count in ledger.reasons.items())
    return f"{text} ({reasons})" if reasons else text
