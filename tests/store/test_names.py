"""Datasets can be called almost anything, are unique whatever their case, and are never taken for one another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from crmctl.errors import UsageError
from crmctl.sql import ident, sql
from crmctl.store import open_store
from crmctl.store.versions import check_name, head, heads, stored_columns

ROWS = [["1", "Ann"], ["2", "Bob"]]
HEADERS = ["id", "name"]

COUNT = "select count(*) as n from {}"
POISONED = ["it's", '"', "select", "客户", "sqlite_master", "{x}", "-x"]


@pytest.mark.parametrize("name", POISONED)
def test_a_dataset_can_be_called_almost_anything(cli: Any, name: str) -> None:
    path = cli.write("in.csv", ROWS, HEADERS)
    cli("import", path, f"--into={name}", "--mode", "append")
    cli("sql", COUNT.format(ident(name)), f"--into={name} counted")
    cli("remove", f"dataset:{name}", "--where", "id = 1", "--reason", "x")
    assert cli("query", COUNT.format(ident(name))).rows == [{"n": 1}]
    cli("undo")
    assert [row["rows"] for row in cli("datasets").rows if row["dataset"] == name] == [2]


@pytest.mark.parametrize(
    ("name", "says"),
    [("a\nb", "'a\\nb' cannot be a dataset's name; use letters, digits and blanks"),
     ("x" * 201, f"'{'x' * 201}' cannot be a dataset's name; use letters, digits and blanks"),
     ("contacts_IDS", "the name 'contacts_IDS' is the store's own; choose another name"),
     ("_crmctl", "the name '_crmctl' is the store's own; choose another name")],
)  # fmt: skip
def test_a_name_that_could_not_be_shown_or_is_the_store_s_own_is_refused(cli: Any, name: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_name(name)
    assert str(caught.value) == says
    path = cli.write("in.csv", ROWS, HEADERS)
    assert cli("import", path, "--into", name, code=2).err.splitlines()[-1] == f"error: {says}"
    assert cli("datasets").rows == []


@pytest.mark.parametrize(("first", "second"), [("Contacts", "CONTACTS"), ("Straße", "STRASSE"), ("ÀB", "àb")])
def test_names_that_differ_in_case_are_one_dataset(cli: Any, first: str, second: str) -> None:
    path = cli.write("in.csv", ROWS, HEADERS)
    for name in (first, second, first):
        cli("import", path, "--into", name, "--source", "x", "--schema", "customer", "--mode", "upsert")
    assert [(row["dataset"], row["rows"]) for row in cli("datasets").rows] == [(first, 2)]


def test_names_that_the_store_cannot_tell_apart_are_refused(cli: Any) -> None:
    path = cli.write("in.csv", ROWS, HEADERS)
    cli("import", path, "--into", "İstanbul", "--mode", "append")
    answer = cli("import", path, "--into", "Istanbul", "--mode", "append", code=2)
    assert answer.err.splitlines()[-1] == "error: the name 'Istanbul' is too like 'İstanbul'; choose another name"
    assert [row["dataset"] for row in cli("datasets").rows] == ["İstanbul"]


HEADER = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(
    lambda text: text.strip()
)


@given(st.lists(HEADER, min_size=2, max_size=5, unique_by=lambda text: text.strip().casefold()))
@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_any_headers_become_columns_and_come_out_as_they_went_in(tmp_path_factory: Any, headers: list[str]) -> None:
    import csv

    from crmctl.session import Session

    folder: Path = tmp_path_factory.mktemp("headers")
    with (folder / "in.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
            [headers, [f"v{n}" for n, _ in enumerate(headers)]]
        )
    session = Session(folder / "crm.duckdb")
    session.import_(folder / "in.csv", into="it's", mode="append", header=True)
    session.remove("it's", where=f"`{headers[0].strip()}` = nothing", reason="x") if "`" not in headers[0] else None
    with open_store(session.path, read_only=True) as store:
        version = head(store, "IT'S")
        assert [column.header.strip() for column in version.columns] == [header.strip() for header in headers]
        shown = [name for name, _ in stored_columns(store, ident("main", "it's"))]
        assert shown == [column.name for column in heads(store)[0].columns]
        assert len(store.rows(sql("from {view}", view=ident("main", "it's")))) == 1
