"""Reading a recipe file: its structure and verbs, with every mistake at once. Values come later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crmctl import resources, yamlfile
from crmctl.errors import CrmctlError, FileError, UsageError, did_you_mean, raise_all
from crmctl.recipe.model import Recipe, RecipeFile, RecipeStep
from crmctl.step import registry
from crmctl.yamlfile import Document


def shipped_recipes() -> list[str]:
    """The names of the recipes that come with crmctl."""
    return sorted(path.stem for path in resources.shipped("recipes").glob("*.yaml"))


def load_recipe(name: str | Path) -> Recipe:
    """A recipe by its file, or the shipped one of that name; its structure is sound and its verbs are known.

    Raises:
        FileError: There is no such file.
        UsageError: The file's structure is wrong, or a verb is unknown; every mistake with its place.
    """
    recipe = find_recipe(name)
    raise_all(list(recipe.mistakes))
    return recipe


def find_recipe(name: str | Path) -> Recipe:
    """A recipe by its file, or the shipped one of that name, whatever mistakes it has.

    Raises:
        FileError: There is no such file.
        UsageError: It is no YAML.
    """
    path = resources.find("recipes", str(name))
    if path is None:
        near = did_you_mean(str(name), shipped_recipes())
        if near and Path(str(name)).name == str(name) and not Path(str(name)).suffix:
            raise FileError("no recipe {name!r}", cure="did you mean {near!r}?", name=str(name), near=near)
        raise FileError(
            "no recipe {name!r}", cure="give a file, or one of {names}", name=str(name),
            names=", ".join(shipped_recipes()),
        )  # fmt: skip
    return read_recipe(yamlfile.load(path))


def read_recipe(document: Document) -> Recipe:
    """A recipe from its document, with all that is wrong with its structure and verbs.

    Raises:
        UsageError: It is no mapping.
    """
    if not isinstance(document.data, dict):
        raise UsageError("a recipe is a mapping with recipe and steps", place=document.place())
    errors: list[CrmctlError] = []
    try:
        file = document.validate(RecipeFile)
    except UsageError as error:
        errors += error.parts
        file = None
    for used in _listed(document, "use"):
        registry.use(Path(document.path).parent / str(used))
    entries = _listed(document, "steps")
    numbered = [(number, entry) for number, entry in enumerate(entries, 1) if isinstance(entry, dict)]
    sound = [step for number, entry in numbered if (step := _step(document, number, entry, errors))]
    if file is None:
        return Recipe(document, str(document.data.get("recipe")), "", None, {}, sound, tuple(errors), headless=True)
    return Recipe(document, file.recipe, file.description, file.as_of, dict(file.params), sound, tuple(errors))


def _listed(document: Document, key: str) -> list[Any]:
    found = document.data.get(key)
    return found if isinstance(found, list) else []


def _step(document: Document, number: int, entry: dict[str, Any], errors: list[CrmctlError]) -> RecipeStep | None:
    at = ("steps", number - 1)
    if len(entry) != 1:
        errors.append(
            UsageError(
                "step {number} needs exactly one verb, it has {keys}",
                cure="write one '- verb: {{…}}' for each step",
                place=document.place(*at),
                number=number,
                keys=", ".join(entry) or "-",
            )
        )
        return None
    command, given = next(iter(entry.items()))
    place = document.place(*at, command)
    try:
        registry.find(command)
    except UsageError as error:
        error.place = place
        errors.append(error)
        return None
    if given is not None and not isinstance(given, dict):
        errors.append(
            UsageError("step {number} ({command}): the parameters have to be a mapping", cure="write key: value",
                       place=place, number=number, command=command)
        )  # fmt: skip
        return None
    return RecipeStep(number, command, given or {}, place)


def recipe_schema() -> dict[str, Any]:
    """The JSON Schema of recipe files, every step's parameters included, for editors."""
    from crmctl.step.model import schema

    result = RecipeFile.model_json_schema()
    definitions: dict[str, Any] = result.setdefault("$defs", {})
    entries = []
    for name in registry.names():
        spec = registry.find(name)
        own = schema(spec)
        definitions.update(own.pop("$defs", {}))
        definitions[f"step-{name}"] = _for_recipes(own, several=spec.input is not None and spec.input.key == "datasets")
        entries.append(
            {
                "type": "object", "additionalProperties": False, "required": [name],
                "properties": {name: {"$ref": f"#/$defs/step-{name}"}}, "description": own.get("description", ""),
            }
        )  # fmt: skip
    result["properties"]["steps"]["items"] = {"oneOf": entries}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **result}


_OUTER = ("default", "description", "title", "x-crmctl")
_HOLE = {"type": "string", "pattern": r"^\$\{[^{}]+\}$"}


def _for_recipes(own: dict[str, Any], *, several: bool) -> dict[str, Any]:
    """A step's schema as a recipe may use it: any value can be a parameter, and one of several inputs stand alone."""
    properties = {key: _or_hole(value) for key, value in own.get("properties", {}).items()}
    if not several:
        return {**own, "properties": properties}
    required = [key for key in own.get("required", []) if key != "datasets"]
    properties["dataset"] = {"type": "string", "description": properties["datasets"].get("description", "")}
    either = [{"required": [*required, key]} for key in ("dataset", "datasets")]
    return {**{k: v for k, v in own.items() if k != "required"}, "properties": properties, "oneOf": either}


def _or_hole(value: dict[str, Any]) -> dict[str, Any]:
    if any(kind.get("type") == "string" and "enum" not in kind for kind in (value, *value.get("anyOf", ()))):
        return value
    outer: dict[str, Any] = {key: value[key] for key in _OUTER if key in value}
    return {**outer, "anyOf": [{k: v for k, v in value.items() if k not in outer}, _HOLE]}
