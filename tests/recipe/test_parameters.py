"""Parameters are typed, and stand in a recipe's values: whole, inside a text, from the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crmctl.errors import UsageError
from crmctl.recipe import plan
from crmctl.recipe.loading import read_recipe
from crmctl.yamlfile import load

RECIPE = """\
recipe: r
as_of: ${day}
params:
  day: {type: date, default: 2026-01-31}
  count: {type: integer, default: 5}
  share: {type: number, default: 0.9}
  labels: {type: flag, default: false}
  fields: {type: list, default: [email, city]}
  out: {type: path, default: out}
  city: {default: Berlin, values: [Berlin, Leeds]}
steps:
  - deduplicate: {dataset: customers, merge_at: "${share}"}
  - export:
      dataset: customers
      output: ${out}/${city}-${count}.csv
      limit: ${count}
      labels: ${labels}
      columns: ${fields}
      where: city = ${city}
      sort: ["${city}", "$${city}", "a${labels}b", "x,${fields}"]
"""


def values(text: str = RECIPE, **given: Any) -> dict[str, Any]:
    """The export step's parameters."""
    steps = plan(read_recipe(load("r.yaml", text)), given, ["customers"], Path("crm.duckdb"))
    return {**steps[0].values, **steps[-1].values}


def test_a_hole_that_is_the_whole_value_keeps_its_type():
    found = values()
    assert (found["merge_at"], found["limit"], found["labels"]) == (0.9, 5, False)
    assert found["columns"] == ["email", "city"]


def test_inside_a_text_a_parameter_is_spelled_as_a_recipe_would():
    found = values(labels="yes", fields="email")
    assert found["output"] == "out/Berlin-5.csv"
    assert found["where"] == "city = Berlin"
    assert found["sort"] == ["Berlin", "${city}", "atrueb", "x,email"]
    assert values()["sort"][3] == "x,email,city"


def test_the_command_line_gives_text_and_the_type_makes_of_it_what_it_is():
    found = values(count="12", share="0.75", labels="true", fields="email, name", city="Leeds", day="2026-02-28")
    assert (found["limit"], found["merge_at"], found["labels"]) == (12, 0.75, True)
    assert found["columns"] == ["email", "name"]


@pytest.mark.parametrize(
    ("name", "value", "type_"),
    [
        ("count", "2.5", "integer"), ("count", "", "integer"), ("count", "true", "integer"), ("share", "much", "number"),
        ("share", "nan", "number"), ("labels", "maybe", "flag"), ("labels", "1", "flag"), ("day", "31.01.2026", "date"),
        ("day", "2026-02-30", "date"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_its_type_is_refused(name, value, type_):
    with pytest.raises(UsageError) as caught:
        values(**{name: value})
    assert str(caught.value).endswith(
        f"parameter {name!r} has to be {type_}, not {value!r}; give it with --set {name}=…"
    )


def test_only_the_values_that_are_listed_are_allowed():
    with pytest.raises(UsageError) as caught:
        values(city="Paris")
    assert str(caught.value) == "r.yaml:10:3: parameter 'city' cannot be 'Paris'; choose one of Berlin, Leeds"
    listed = RECIPE.replace("default: [email, city]}", "default: [email], values: [email, city]}")
    assert values(listed, fields="city,email")["columns"] == ["city", "email"]
    with pytest.raises(UsageError):
        values(listed, fields="city,phone")


def test_the_environment_is_read_and_a_missing_variable_is_an_error(monkeypatch):
    text = RECIPE.replace("${out}/", "${env:CRMCTL_TEST_OUT}/")
    monkeypatch.setenv("CRMCTL_TEST_OUT", "there")
    assert values(text)["output"] == "there/Berlin-5.csv"
    monkeypatch.delenv("CRMCTL_TEST_OUT")
    with pytest.raises(UsageError) as caught:
        values(text)
    assert str(caught.value) == ("r.yaml:15:7: step 2 (export): the environment has no CRMCTL_TEST_OUT; set it")


def test_a_hole_cannot_make_structure_out_of_text():
    """What is given is a value: it never becomes a key, a list or another hole."""
    found = values(out="a], limit: 1, x: [", fields="${city}")
    assert found["output"] == "a], limit: 1, x: [/Berlin-5.csv"
    assert found["columns"] == ["${city}"]
    assert found["limit"] == 5
