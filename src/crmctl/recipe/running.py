"""Running a recipe: one run over one store, published as a whole or not at all."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from crmctl.errors import CrmctlError, DataFailed, Place, UsageErrors
from crmctl.recipe.model import Recipe, RecipeStep
from crmctl.recipe.planning import PlannedStep, moment, plan
from crmctl.run import Listener, Runner, StepReport
from crmctl.run.exporting.output import Patient, output_format, write_answer, write_dataset
from crmctl.run.importing.files import folders
from crmctl.run.single import directories, input_names
from crmctl.store import Settings, Store, open_store, private_store
from crmctl.store.versions import heads


def run_recipe(
    recipe: Recipe,
    *,
    store: Path,
    given: Mapping[str, Any],
    as_of: str | None = None,
    wait: float = 10.0,
    dry_run: bool = False,
    listener: Listener | None = None,
    settings: Settings | None = None,
    stdout: BinaryIO | None = None,
) -> list[StepReport]:
    """Run a recipe in a store.

    Args:
        recipe: The recipe.
        store: The store's file; made if it is not there.
        given: Values of the recipe's parameters.
        as_of: The run's moment; the recipe's, else the newest event in the data.
        wait: Seconds to wait for a locked store.
        dry_run: Run it in a private copy: nothing is published and no file is written.
        listener: Told how it goes on.
        settings: Memory and threads.
        stdout: Where ``-`` writes to.

    Returns:
        A report for each step.

    Raises:
        CrmctlError: What went wrong, with the step's place; DataFailed where a check failed. Nothing is published.
    """
    waiting = listener.note if listener else None
    opened = private_store if dry_run else open_store
    if not store.exists():
        plan(recipe, given, [], store)  # a recipe with a mistake in it makes no store
    with opened(store, wait=wait, settings=settings, waiting=waiting) as opened_store:
        steps = plan(recipe, given, [head.dataset for head in heads(opened_store)], store)
        _prepare_outputs(steps, dry_run=dry_run)
        opened_store.fence(_directories(steps))
        return _run(recipe, steps, opened_store, given, as_of, dry_run, listener, stdout)


def _run(
    recipe: Recipe, steps: list[PlannedStep], store: Store, given: Mapping[str, Any], as_of: str | None,
    dry_run: bool, listener: Listener | None, stdout: BinaryIO | None,
) -> list[StepReport]:  # fmt: skip
    reports: list[StepReport] = []
    runner = Runner(
        store, kind="recipe", command="run", recipe=recipe.name, parameters=given, as_of=as_of or moment(recipe, given),
        listener=listener, total=len(steps), stdout=cast("BinaryIO", Patient(stdout or sys.stdout.buffer)),
    )  # fmt: skip
    with runner:
        for planned in steps:
            if dry_run and planned.spec.kind == "write":
                continue
            reports.append(_perform(runner, planned, dry_run=dry_run))
            if runner.failure:
                raise located(DataFailed("{failure}", failure=runner.failure), planned.step)
    return reports


def _perform(runner: Runner, planned: PlannedStep, *, dry_run: bool) -> StepReport:
    staged = dict(runner.staged)
    try:
        report = runner.perform(
            planned.spec, planned.values, into=planned.into, name=planned.name, keeps=not planned.aside,
            intermediate=planned.intermediate or planned.aside, sample=dry_run,
        )  # fmt: skip
        if planned.output and not dry_run:
            # What an answer says of data that failed is written all the same.
            with contextlib.nullcontext() if report.failure else runner.pending.collecting():
                _write(runner, report, planned.output)
    except CrmctlError as error:
        raise located(error, planned.step) from error
    if planned.aside:
        runner.staged = staged
    return report


def _write(runner: Runner, report: StepReport, output: str) -> None:
    target = Path(output) if output != "-" else (runner.stdout or sys.stdout.buffer)
    as_of = runner.dated()
    if report.answer is not None:
        chosen = output_format(None, output, None)
        write_answer(runner.store, report.answer, report.answer_columns, target, format=chosen, as_of=as_of)
    elif report.dataset is not None and not report.failure:
        dataset = runner.dataset("dataset:" + report.dataset)
        write_dataset(runner.store, dataset, target, format=output_format(None, output, dataset.reading), as_of=as_of)


def located(error: CrmctlError, step: RecipeStep) -> CrmctlError:
    """The same error with the step it happened in; one that has a place in a file of its own keeps it."""
    if isinstance(error, UsageErrors):
        return UsageErrors([located(part, step) for part in error.parts])
    place: Place | None = error.place or step.place
    return type(error)(
        "step {number} ({command}): {cause}", cure="{remedy}" if error.cure else "", place=place, number=step.number,
        command=step.command, cause=error.cause, remedy=error.cure,
    )  # fmt: skip


def _prepare_outputs(steps: list[PlannedStep], *, dry_run: bool) -> None:
    """The folders that the recipe writes into."""
    for text in [text for planned in steps for text in planned.outputs if text != "-" and not dry_run]:
        Path(text).parent.mkdir(parents=True, exist_ok=True)


def _directories(steps: list[PlannedStep]) -> list[Path]:
    texts = []
    for planned in steps:
        names = input_names(planned.spec, planned.values)
        imports = planned.spec.kind == "import"
        texts += [*([str(folder) for folder in folders(names)] if imports else names), *planned.outputs]
    return directories([text for text in texts if text != "-"], None)
