"""A recipe with values: every step's parameters validated, its inputs known, before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from crmctl.errors import CrmctlError, FileError, UsageError, raise_all
from crmctl.recipe.model import Recipe, RecipeStep
from crmctl.recipe.substitution import param_values, substitute
from crmctl.rules import load_classification, load_segments, parse_condition
from crmctl.run.ingest import FILE_SUFFIXES
from crmctl.schema import load_schema
from crmctl.step import StepSpec, registry
from crmctl.step.declaration import GENERIC, Parameter
from crmctl.step.model import model, plain
from crmctl.step.types import Duration, looks_like_file
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


def plan(recipe: Recipe, given: Mapping[str, Any], datasets: Collection[str]) -> list[PlannedStep]:
    """Validate everything that can be known before the first step runs.

    Args:
        recipe: The recipe.
        given: Its parameters' values.
        datasets: The datasets that the store has already.

    Raises:
        UsageError: What is wrong, all of it, each with its place.
        FileError: Nothing is wrong but input files that are missing.
    """
    values, errors = param_values(recipe, given)
    raise_all(errors)
    planned: list[PlannedStep] = []
    known = {name.casefold(): name for name in datasets}
    uncertain = False
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
    usage = [error for error in errors if not isinstance(error, FileError)]
    raise_all(usage or errors)
    return _chained(planned)


def _plan_step(
    recipe: Recipe, step: RecipeStep, values: Mapping[str, Any], errors: list[CrmctlError]
) -> PlannedStep | None:
    before = len(errors)
    spec = registry.find(step.command)
    given = substitute(step.given, values, recipe.document, step.path, errors)
    if spec.input is not None and spec.input.key == "datasets" and isinstance(given.get("dataset"), str):
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
    if len(errors) > before:
        return None
    reads = _reads(spec, checked)
    makes = into or (reads[0] if spec.kind == "rows" and reads else None)
    return PlannedStep(
        step, spec, {p.key: checked[p.key] for p in spec.parameters}, generic.get("into"), generic.get("output"),
        generic.get("name") or spec.name, intermediate=False, reads=reads, makes=makes,
    )  # fmt: skip


def _position(error: CrmctlError) -> tuple[int, int]:
    place = error.place
    return (place.line or 0, place.column or 0) if place else (0, 0)


def _in_step(error: CrmctlError, step: RecipeStep) -> CrmctlError:
    """The same error, saying which step it is in."""
    return UsageError(
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


def _reads(spec: StepSpec, checked: Mapping[str, Any]) -> tuple[str, ...]:
    names: list[str] = []
    for parameter in spec.parameters:
        value = checked.get(parameter.key)
        if value is not None and parameter.kind in ("dataset", "input"):
            names.extend(value if parameter.multiple else [value])
    return tuple(names)


def _check_reads(
    recipe: Recipe, ready: PlannedStep, known: Mapping[str, str], errors: list[CrmctlError], *, uncertain: bool
) -> None:
    place = recipe.document.place(*ready.step.path)
    for name in ready.reads:
        if ready.spec.kind == "import" or looks_like_file(name, FILE_SUFFIXES):
            if name != "-" and not Path(name).exists():
                errors.append(FileError("no file {path}", cure="check the name", place=place, path=name))
        elif name.removeprefix("dataset:").casefold() not in known and not uncertain:
            error = unknown_dataset(name, known.values())
            error.place = place
            errors.append(error)
    if ready.makes:
        try:
            if ready.makes.casefold() not in known:
                check_name(ready.makes)
        except UsageError as error:
            error.place = place
            errors.append(error)


def _chained(steps: list[PlannedStep]) -> list[PlannedStep]:
    """Mark the steps of a chain of row-wise steps whose result the next one takes up: the last one's is kept."""
    from dataclasses import replace

    result = []
    for current, following in zip(steps, [*steps[1:], None], strict=True):
        goes_on = (
            following is not None
            and current.spec.row_wise and following.spec.row_wise
            and not current.into and not current.output and not following.into
            and current.makes is not None and following.reads[:1] == (current.makes,)
        )  # fmt: skip
        result.append(replace(current, intermediate=goes_on))
    return result
