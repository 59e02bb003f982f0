"""A recipe with values: every step's parameters validated, its inputs known, before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from crmctl.errors import CrmctlError, FileError, UsageError, raise_all
from crmctl.recipe.model import Recipe, RecipeStep
from crmctl.recipe.substitution import holes_in, param_values, substitute
from crmctl.rules import load_classification, load_segments, parse_condition
from crmctl.run.exporting.output import guard_output, output_format
from crmctl.run.importing.files import folders
from crmctl.run.importing.ingest import find_file
from crmctl.run.moment import parse_as_of
from crmctl.run.single import consulted, input_files, input_names, output_names
from crmctl.schema import load_schema
from crmctl.step import StepSpec, registry
from crmctl.step.declaration import GENERIC, Parameter
from crmctl.step.model import model, plain
from crmctl.step.types import Duration
from crmctl.store.fence import check_select
from crmctl.store.versions import check_name, unknown_dataset


@dataclass(frozen=True)
class PlannedStep:
    """A step ready to run.

    Args:
        step: As the recipe has it.
        spec: The verb.
        values: Its validated parameters by key.
        into: The dataset that the result becomes.
        output: A file for the result.
        name: What the ledger calls it.
        intermediate: The next step goes on with its result at once.
        reads: The datasets and files it takes.
        makes: The dataset it makes, as far as that is known beforehand.
        aside: Its rows go into a file instead: the dataset stays as it is.
    """

    step: RecipeStep
    spec: StepSpec
    values: dict[str, Any]
    into: str | None
    output: str | None
    name: str
    intermediate: bool
    reads: tuple[str, ...]
    makes: str | None
    aside: bool = False

    @property
    def files(self) -> list[str]:
        """Those of its inputs that are files."""
        return input_files(self.spec, self.values)

    @property
    def outputs(self) -> list[str]:
        """Every file that it writes, and ``-``."""
        return [*output_names(self.spec, self.values), *([self.output] if self.output else [])]


def plan(recipe: Recipe, given: Mapping[str, Any], datasets: Collection[str], store: Path) -> list[PlannedStep]:
    """Validate everything that can be known before the first step runs.

    Args:
        recipe: The recipe.
        given: Its parameters' values.
        datasets: The datasets that the store has already.
        store: The store's file.

    Raises:
        UsageError: What is wrong, all of it, each with its place.
        FileError: Nothing is wrong but input files that are missing.
    """
    values, errors = _values(recipe, given)
    planned: list[PlannedStep] = []
    known = {name.casefold(): name for name in datasets}
    uncertain = bool(recipe.mistakes)
    for step in recipe.steps:
        ready = _plan_step(recipe, step, values, errors)
        if ready is None:
            uncertain = True
            continue
        planned.append(ready)
        _check_reads(recipe, ready, known, errors, uncertain=uncertain)
        if ready.makes:
            known[ready.makes.casefold()] = ready.makes
        elif ready.spec.kind == "import":
            uncertain = True
    _check_outputs(recipe, planned, store, errors)
    usage = [error for error in errors if not isinstance(error, FileError)]
    raise_all(sorted(usage or errors, key=_position))
    return _chained(planned)


def _values(recipe: Recipe, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[CrmctlError]]:
    """The parameters' values, and what is wrong so far: with the recipe's structure, its parameters, its moment."""
    errors = list(recipe.mistakes)
    if recipe.headless:
        return {}, errors
    values, ill_fitting = param_values(recipe, given)
    errors += ill_fitting
    if not ill_fitting:
        try:
            moment(recipe, given)
        except CrmctlError as error:
            errors += error.parts
    return values, errors


def moment(recipe: Recipe, given: Mapping[str, Any]) -> str | None:
    """The recipe's own as-of moment, its parameters filled in.

    Raises:
        UsageError: It is no date.
    """
    if recipe.as_of is None:
        return None
    values, errors = param_values(recipe, given)
    text = str(substitute(recipe.as_of, values, recipe.document, ("as_of",), errors))
    try:
        if not errors:
            parse_as_of(text)
    except UsageError as error:
        error.place = recipe.document.place("as_of")
        errors.append(error)
    raise_all(errors)
    return text


def _plan_step(
    recipe: Recipe, step: RecipeStep, values: Mapping[str, Any], errors: list[CrmctlError]
) -> PlannedStep | None:
    before = len(errors)
    spec = registry.find(step.command)
    holes: list[CrmctlError] = []
    if not _filled(recipe, step, values):
        return None
    given = substitute(step.given, values, recipe.document, step.path, holes)
    if holes:
        errors += [_in_step(error, step) for error in holes]
        return None
    if spec.input is not None and spec.input.key == "datasets" and _one_dataset(given):
        given = {"datasets": [given["dataset"]], **{k: v for k, v in given.items() if k != "dataset"}}
    try:
        checked = plain(model(spec).model_validate(given))
    except ValidationError as error:
        found = recipe.document.explain(error, model(spec), step.path)
        errors += [_in_step(e, step) for e in sorted(found, key=_position)]
        return None
    for parameter in spec.parameters:
        _check_value(recipe, step, parameter, checked[parameter.key], errors)
    generic = {key: checked.get(key) for key in GENERIC if spec.parameter(key) is None}
    into = generic.get("into") or (checked.get("into") if spec.kind == "import" else None)
    if spec.kind == "rows" and spec.input is None and not into and not generic.get("output"):
        errors.append(UsageError("step {number} ({command}) needs 'into'", cure="name the dataset it makes",
                                 place=step.place, number=step.number, command=step.command))  # fmt: skip
    reads = tuple(input_names(spec, checked))
    over_file = bool(reads) and spec.kind == "rows" and reads[0] in input_files(spec, checked)
    if over_file and not into and not generic.get("output") and not output_names(spec, checked):
        errors.append(
            UsageError(
                "step {number} ({command}): nothing is done with its result",
                cure="say 'into' or 'output', and let the next step read that, not {file}",
                place=step.place,
                number=step.number,
                command=step.command,
                file=reads[0],
            )
        )
    if len(errors) > before:
        return None
    aside = spec.kind == "rows" and bool(generic.get("output")) and not into
    makes = into or (reads[0] if spec.kind == "rows" and reads and not aside else None)
    return PlannedStep(
        step, spec, {p.key: checked[p.key] for p in spec.parameters}, generic.get("into"), generic.get("output"),
        generic.get("name") or spec.name, intermediate=False, reads=reads, makes=makes, aside=aside,
    )  # fmt: skip


def _filled(recipe: Recipe, step: RecipeStep, values: Mapping[str, Any]) -> bool:
    """Whether every parameter that the step asks for has a value; what is wrong with one is told where it stands."""
    asked = set(holes_in(step.given))
    return not asked if recipe.headless else not asked & (set(recipe.params) - set(values))


def _one_dataset(given: Mapping[str, Any]) -> bool:
    """`dataset: a` stands for `datasets: [a]`."""
    return isinstance(given.get("dataset"), str) and "datasets" not in given


def _position(error: CrmctlError) -> tuple[int, int]:
    place = error.place
    return (place.line or 0, place.column or 0) if place else (0, 0)


def _in_step(error: CrmctlError, step: RecipeStep) -> CrmctlError:
    """The same error, saying which step it is in."""
    kind = FileError if isinstance(error, FileError) else UsageError
    return kind(
        "step {number} ({command}): {cause}", cure="{advice}" if error.cure else "", place=error.place,
        number=step.number, command=step.command, cause=error.cause, advice=error.cure,
    )  # fmt: skip


def _check_value(recipe: Recipe, step: RecipeStep, parameter: Parameter, value: Any, errors: list[CrmctlError]) -> None:
    """What a value of its kind has to be, wherever that can be told without the data."""
    checkers: dict[str, Any] = {
        "schema": load_schema, "rules": load_classification, "segments": load_segments, "condition": parse_condition,
        "duration": Duration.parse, "query": check_select,
    }  # fmt: skip
    if value is None or parameter.kind not in checkers:
        return
    for index, item in enumerate(value if parameter.multiple else [value]):
        try:
            checkers[parameter.kind](item)
        except CrmctlError as error:
            at = (*step.path, parameter.key, *([index] if parameter.multiple else []))
            for part in error.parts:
                if part.place is None or not Path(part.place.file).is_file():
                    part.place = recipe.document.place(*at)
                errors.append(_in_step(part, step))


def _check_reads(
    recipe: Recipe, ready: PlannedStep, known: Mapping[str, str], errors: list[CrmctlError], *,
    uncertain: bool,
) -> None:  # fmt: skip
    """Every input is there, or an earlier step makes it."""

    def note_error(error: CrmctlError) -> None:
        error.place = recipe.document.place(*ready.step.path)
        errors.append(_in_step(error, ready.step))

    for name in ready.reads:
        try:
            if name in ready.files:
                if ready.spec.kind == "import":
                    folders([name])
                elif name != "-":
                    find_file(name)
            elif name.removeprefix("dataset:").casefold() not in known and not uncertain:
                note_error(unknown_dataset(name, known.values()))
        except FileError as error:
            note_error(error)
    if ready.makes and ready.makes.casefold() not in known:
        try:
            check_name(ready.makes)
        except UsageError as error:
            note_error(error)


def _check_outputs(recipe: Recipe, steps: list[PlannedStep], store: Path, errors: list[CrmctlError]) -> None:
    """No step writes into what any of them reads, nor into the store, and every format can be told."""
    files = [name for ready in steps for name in ready.files]
    others = [name for ready in steps for name in consulted(ready.spec, ready.values)]
    others.append(str(recipe.document.path))
    for ready in steps:
        for output in ready.outputs:
            try:
                guard_output(output, files, store=store, others=others)
                if output == ready.output:
                    output_format(None, output, None)
            except CrmctlError as error:
                error.place = recipe.document.place(*ready.step.path)
                errors.append(_in_step(error, ready.step))


def _chained(steps: list[PlannedStep]) -> list[PlannedStep]:
    """Mark the steps of a chain of row-wise steps whose result the next one takes up: the last one's is kept."""
    from dataclasses import replace

    result = []
    for current, following in zip(steps, [*steps[1:], None], strict=True):
        goes_on = (
            following is not None
            and current.spec.row_wise and following.spec.row_wise
            and not current.into and not current.output and not following.into and not following.aside
            and current.makes is not None and following.reads[:1] == (current.makes,)
        )  # fmt: skip
        result.append(replace(current, intermediate=goes_on))
    return result
