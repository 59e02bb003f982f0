"""A step is declared by its signature and docstring; what is missing fails by name, with the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from crmctl.errors import InternalFault, UsageError
from crmctl.step import Condition, Dataset, Declaration, Duration, Field, StepSpec, registry, step
from crmctl.step.model import model, schema
from crmctl.yamlfile import Document

HERE = Path(__file__)


def keep_recent(
    customers: Dataset,
    *,
    field: Field = "last_order_at",  # type: ignore[assignment]  # a name that is resolved later
    within: Duration = "365d",  # type: ignore[assignment]
    fields: list[Field] | None = None,
    how: Literal["any", "all"] = "any",
    limit: int = 10,
    share: float = 0.5,
    strict: bool = False,
    where: Condition | None = None,
    names: dict[str, str] | None = None,
    map_: str = "x",
) -> None:
    """Keep the customers seen lately.

    The rest of the docstring is the description.

    Args:
        customers: The customers.
        field: The date that counts.
        within: How far back
            from the run's as-of date.
        fields: More dates.
        how: Any of them, or all.
        limit: At most.
        share: At least.
        strict: Whether.
        where: Which rows.
        names: New names.
        map_: A keyword.

    Examples:
        crmctl keep-recent customers --within 180d
    """


def spec_of(function: Any, **options: Any) -> StepSpec:
    spec: StepSpec = step(**options)(function).__crmctl_step__
    return spec


def test_signature_and_docstring_are_all_there_is_to_declare() -> None:
    spec = spec_of(keep_recent)
    assert (spec.name, spec.kind, spec.records) == ("keep-recent", "rows", True)
    assert (spec.summary, spec.description) == (
        "Keep the customers seen lately.", "The rest of the docstring is the description.",
    )  # fmt: skip
    assert spec.examples == ("crmctl keep-recent customers --within 180d",)
    assert [(p.key, p.kind, p.multiple, p.optional, p.required, p.default) for p in spec.parameters] == [
        ("dataset", "dataset", False, False, True, None),
        ("field", "field", False, False, False, "last_order_at"),
        ("within", "duration", False, False, False, "365d"),
        ("fields", "field", True, True, False, None),
        ("how", "choice", False, False, False, "any"),
        ("limit", "integer", False, False, False, 10),
        ("share", "number", False, False, False, 0.5),
        ("strict", "flag", False, False, False, False),
        ("where", "condition", False, True, False, None),
        ("names", "map", False, True, False, None),
        ("map", "text", False, False, False, "x"),
    ]
    assert spec.parameters[2].help == "How far back from the run's as-of date."
    assert spec.parameters[4].choices == ("any", "all")


def test_a_declaration_survives_the_index() -> None:
    spec = spec_of(keep_recent)
    assert Declaration.from_dict(spec.to_dict()).to_dict() == spec.to_dict()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"dataset": "a", "limit": "10"}, "keep-recent:1:1: limit: input should be a valid integer, not '10'"),
        ({"dataset": "a", "limit": True}, "keep-recent:1:1: limit: input should be a valid integer, not True"),
        ({"dataset": "a", "fields": "email"}, "keep-recent:1:1: 'fields' has to be a list; write [email]"),
        ({"dataset": "a", "how": "some"}, "keep-recent:1:1: how: input should be 'any' or 'all', not 'some'"),
        ({"dataset": "a", "witin": "1d"}, "keep-recent:1:1: unknown key 'witin'; did you mean 'within'?"),
        ({}, "keep-recent:1:1: 'dataset' is missing; add it"),
    ],
)
def test_parameters_are_checked_against_the_declaration(given: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        Document("keep-recent", given).validate(model(spec_of(keep_recent)))
    assert str(caught.value) == says


def test_the_json_schema_has_every_parameter_and_the_runner_s_own() -> None:
    found = schema(spec_of(keep_recent))
    assert list(found["properties"])[:2] == ["dataset", "field"]
    assert {"into", "output", "name"} <= set(found["properties"])
    assert found["required"] == ["dataset"]
    assert found["additionalProperties"] is False


def unsupported(dataset: Dataset, *, when: set[int]) -> None:
    """Do something.

    Args:
        dataset: The rows.
        when: Never.
    """


def unexplained(dataset: Dataset, *, when: str) -> None:
    """Do something.

    Args:
        dataset: The rows.
    """


def clashing(dataset: Dataset, *, into: str) -> None:
    """Do something.

    Args:
        dataset: The rows.
        into: The runner's own.
    """


def silent(dataset: Dataset) -> None: ...


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (unsupported, "the type of when is not supported"),
        (unexplained, "the docstring does not explain when"),
        (clashing, "into belong to the runner"),
    ],
)
def test_a_faulty_declaration_names_file_function_and_parameter(function: Any, says: str) -> None:
    with pytest.raises(InternalFault) as caught:
        step(function)
    assert str(caught.value) == f"{HERE}: {function.__name__}: {says}"


def test_a_step_without_a_docstring_is_refused() -> None:
    with pytest.raises(InternalFault) as caught:
        step(silent)
    assert str(caught.value) == f"{HERE}: silent has no docstring"


PLUGIN = '''
from crmctl.sql import sql
from crmctl.step import Condition, Dataset, Duration, Field, as_of, step


@step
def seen_lately(customers: Dataset, *, field: Field = "signup", within: Duration = "30d"):
    """Keep the customers seen lately.

    Args:
        customers: The customers.
        field: The date that counts.
        within: How far back from the as-of date.
    """
    since = as_of() - within
    return sql("select * from {customers} where try_cast({field} as date) >= {since}",
               customers=customers, field=field, since=since)
'''


def test_a_project_s_step_is_a_command_like_any_other(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_used", {})
    (cli.folder / "mine.py").write_text(PLUGIN, encoding="utf-8")
    rows = cli.write("in.csv", [["1", "2026-06-20"], ["2", "2026-01-01"], ["3", "soon"]], ["id", "signup"])
    answer = cli("--use", "mine.py", "--as-of", "2026-06-30", "seen-lately", rows, "-o", "-")
    assert answer.out == "id,signup\n1,2026-06-20\n"
    cli("--as-of", "2026-06-30", "import", rows, "--into", "it's")
    cli("--use", "mine.py", "--as-of", "2026-06-30", "seen-lately", "it's", "--within", "200d")
    assert cli("datasets").rows[0]["rows"] == 2
    cli("undo")
    assert cli("datasets").rows[0]["rows"] == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (PLUGIN.replace("        within: How far back from the as-of date.\n", ""),
         "mine.py: {folder}/mine.py: seen_lately: the docstring does not explain within"),
        (PLUGIN.replace("Duration =", "set[int] ="),
         "mine.py: {folder}/mine.py: seen_lately: the type of within is not supported"),
        (PLUGIN.replace("within", "output"), "mine.py: {folder}/mine.py: seen_lately: output belong to the runner"),
        (PLUGIN.replace("seen_lately", "clean"), "mine.py: there is a step 'clean' already; rename it"),
        ("x = 1", "mine.py declares no step; mark a function with @step"),
        ("import nowhere_to_be_found", "mine.py cannot be loaded: No module named 'nowhere_to_be_found'"),
    ],
)  # fmt: skip
def test_a_project_s_faulty_step_fails_at_first_use(
    cli: Any, monkeypatch: pytest.MonkeyPatch, text: str, says: str
) -> None:
    monkeypatch.setattr(registry, "_used", {})
    (cli.folder / "mine.py").write_text(text, encoding="utf-8")
    answer = cli("--use", "mine.py", "seen-lately", "in.csv", code=2)
    assert answer.err == "error: " + says.format(folder=cli.folder) + "\n"


def test_an_unknown_step_names_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        registry.find("classfy")
    assert str(caught.value) == "unknown step 'classfy'; did you mean 'classify'?"


def test_every_step_of_our_own_is_what_the_index_says() -> None:
    for name in registry.index():
        spec, declared = registry.find(name), registry.declared(name)
        assert declared is not None
        assert Declaration.from_dict(spec.to_dict()) == declared
