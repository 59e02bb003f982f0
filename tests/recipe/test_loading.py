"""Recipes are read strictly and validated as a whole, before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crmctl import resources
from crmctl.recipe import load_recipe, plan, recipe_schema, shipped_recipes
from crmctl.step import registry
from crmctl.yamlfile import load

BROKEN: list[dict[str, Any]] = load(Path(__file__).with_name("broken.yaml")).data


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case["name"])
def test_a_broken_recipe_says_all_that_is_wrong_with_it_and_runs_nothing(folder, once, case):
    once("recipes", lambda: folder("import", "customers.csv", "--into", "customers"))
    before = folder.store.read_bytes()
    (folder.folder / "r.yaml").write_text(case["text"], encoding="utf-8")
    done = folder("run", "r.yaml", code=case.get("code", 2))
    says = [line.format(names=", ".join(registry.names())) if "{names}" in line else line for line in case["says"]]
    assert done.err.splitlines() == [f"error: {line}" for line in says]
    assert folder.store.read_bytes() == before
    assert sorted(path.name for path in folder.folder.iterdir()) == [
        "crm.duckdb",
        "crm.duckdb.names",
        "customers.csv",
        "r.yaml",
    ]


def test_a_broken_recipe_makes_no_store(folder, recipe):
    recipe("import: {files: [customers.csv], into: customers}\nclean: {dataset: custmers}")
    done = folder("run", "r.yaml", code=2)
    assert done.err == "error: r.yaml:4:5: step 2 (clean): no dataset called 'custmers'; did you mean 'customers'?\n"
    assert not folder.store.exists()


def test_unknown_parameters_on_the_command_line(folder, recipe):
    recipe("clean: {dataset: customers.csv, output: out.csv}", "params: {data: {default: x}}\n")
    assert folder("run", "r.yaml", "--set", "dta=1", code=2).err == (
        "error: recipe r has no parameter 'dta'; did you mean 'data'?\n"
    )
    assert (
        folder("run", "r.yaml", "--set", "zzz=1", code=2).err
        == "error: recipe r has no parameter 'zzz'; it has: data\n"
    )


@pytest.mark.parametrize("name", shipped_recipes())
def test_a_shipped_recipe_is_sound(name, tmp_path, monkeypatch):
    """Its verbs, parameters and inputs hold together; its datasets are made before they are used."""
    monkeypatch.chdir(tmp_path)
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.description
    assert all(param.help for param in recipe.params.values())
    (tmp_path / "data").mkdir()
    given = {key: "out" if key == "out" else "data/input.csv" for key in recipe.params}
    for file in ("crm.csv", "shop.csv", "pos.xlsx", "orders.csv", "input.csv"):
        (tmp_path / "data" / file).write_text("x\n", encoding="utf-8")
    if "data" in given:
        given["data"] = "data"
    steps = plan(recipe, given, [], Path("crm.duckdb"))
    assert [step.step.number for step in steps] == list(range(1, len(steps) + 1))
    assert {"import", "clean", "check", "classify", "segment", "report", "export"} <= {step.spec.name for step in steps}


def test_shipped_recipes_are_found_by_name_and_by_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shipped_recipes() == sorted(path.stem for path in resources.shipped("recipes").glob("*.yaml"))
    (tmp_path / "nightly").write_text("recipe: mine\nsteps:\n  - clean: {dataset: a}\n", encoding="utf-8")
    assert load_recipe("nightly").name == "mine"


SCHEMA = recipe_schema()


def test_the_json_schema_names_every_step_and_its_parameters():
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["required"] == ["recipe", "steps"]
    assert SCHEMA["additionalProperties"] is False
    entries = SCHEMA["properties"]["steps"]["items"]["oneOf"]
    assert [entry["required"] for entry in entries] == [[name] for name in registry.names()]
    for name in registry.names():
        step = SCHEMA["$defs"][f"step-{name}"]
        assert step["additionalProperties"] is False
        spec = registry.find(name)
        assert {parameter.key for parameter in spec.parameters} <= set(step["properties"])
        assert all(value.get("description") for value in step["properties"].values())


def test_every_reference_in_the_json_schema_leads_somewhere():
    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            return [v for k, v in node.items() if k == "$ref"] + [r for v in node.values() for r in references(v)]
        return [r for item in node for r in references(item)] if isinstance(node, list) else []

    found = references(SCHEMA)
    assert found
    assert all(reference.removeprefix("#/$defs/") in SCHEMA["$defs"] for reference in found)


def test_the_json_schema_lets_a_parameter_stand_for_any_value_and_one_input_alone():
    clean, check = SCHEMA["$defs"]["step-clean"], SCHEMA["$defs"]["step-check"]
    hole = {"type": "string", "pattern": r"^\$\{[^{}]+\}$"}
    assert hole in clean["properties"]["level"]["anyOf"]
    assert hole in clean["properties"]["fields"]["anyOf"]
    assert clean["required"] == ["dataset"]
    assert check["oneOf"] == [{"required": ["dataset"]}, {"required": ["datasets"]}]


def test_the_command_prints_the_json_schema(cli):
    import json

    assert json.loads(cli("schema", "recipe").out) == SCHEMA
