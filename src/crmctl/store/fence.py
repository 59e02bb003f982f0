"""What a user's SQL may reach: exactly one SELECT over the datasets it is given, and no function that leaves them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

import duckdb

from crmctl.errors import Place, UsageError, did_you_mean
from crmctl.sql import SQL
from crmctl.store.connection import Store

_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})
# Scalar functions that read the environment, files or settings, run other SQL, or give other answers every time.
_REFUSED = frozenset({
    "getenv", "current_setting", "query", "query_table", "getvariable", "read_text", "read_blob", "glob", "random",
    "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "setseed", "nextval", "currval", "hash", "now", "current_timestamp",
    "get_current_timestamp", "transaction_timestamp", "current_date", "today", "current_localtimestamp",
    "current_localtime", "get_current_time", "current_time", "localtime", "localtimestamp", "version",
    "current_database", "current_schema", "current_query", "pg_backend_pid", "txid_current", "write_log",
    "json_execute_serialized_sql", "from_substrait", "in_search_path", "add_parquet_key",
})  # fmt: skip


def fenced_select(store: Store, text: str, datasets: Collection[str], place: Place | None = None) -> SQL:
    """The user's SELECT as SQL, once it is known to be harmless.

    Args:
        store: The store whose parser is asked.
        text: The user's statement.
        datasets: The names it may read.
        place: Where it stands, for errors.

    Raises:
        UsageError: It is no SQL, not exactly one SELECT, or reaches beyond the datasets.
    """
    tree = _parse(store.con, text, place)
    allowed = {name.casefold(): name for name in datasets}
    local: set[str] = {str(name).casefold() for node in _walk(tree) for name in _cte_names(node)}
    for node in _walk(tree):
        _check_node(node, allowed, local, place)
    return SQL((text.strip().rstrip(";").rstrip() + "\n",))


def tables_read(store: Store, text: str) -> set[str]:
    """The names, in lower case, of the tables that a SELECT reads, its own common table expressions left out."""
    tree = _parse(store.con, text, None)
    local = {str(name).casefold() for node in _walk(tree) for name in _cte_names(node)}
    named = {str(node["table_name"]).casefold() for node in _walk(tree) if node.get("type") == "BASE_TABLE"}
    return named - local


def check_select(text: str) -> None:
    """Refuse what is not exactly one harmless SELECT; its datasets are not known yet.

    Raises:
        UsageError: It is not.
    """
    with duckdb.connect(":memory:") as con:
        for node in _walk(_parse(con, text, None)):
            if node.get("type") != "BASE_TABLE":
                _check_node(node, {}, set(), None)


def _parse(con: duckdb.DuckDBPyConnection, text: str, place: Place | None) -> Any:
    try:
        statements = con.extract_statements(text)
    except duckdb.Error as error:
        raise UsageError("not valid SQL: {problem}", place=place, problem=_first_line(error)) from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError("exactly one SELECT is allowed here", cure="remove every other statement", place=place)
    serialised = con.execute("select json_serialize_sql(?)", [text]).fetchall()[0][0]
    answer = json.loads(serialised)
    if answer.get("error"):
        raise UsageError("not a plain SELECT: {problem}", place=place, problem=answer.get("error_message", ""))
    return answer["statements"]


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0].removeprefix("Parser Error: ")


def _walk(tree: Any) -> Iterator[dict[str, Any]]:
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)


def _cte_names(node: dict[str, Any]) -> list[str]:
    entries = (node.get("cte_map") or {}).get("map") or []
    names = [entry.get("key", "") for entry in entries if isinstance(entry, dict)]
    return [*names, *([node["cte_name"]] if "cte_name" in node else [])]


def _check_node(node: dict[str, Any], allowed: dict[str, str], local: set[str], place: Place | None) -> None:
    kind = node.get("type")
    if kind == "BASE_TABLE":
        name = str(node.get("table_name", "")).casefold()
        path = node.get("qualified_name", {}).get("path") or [node.get("table_name")]
        if len(path) > 1 or node.get("schema_name") or node.get("catalog_name"):
            raise UsageError(
                "{name} is not a dataset", cure="name it without a schema", place=place, name=".".join(path)
            )
        if name not in allowed and name not in local:
            _unknown_table(str(node["table_name"]), allowed, place)
    elif kind == "SHOW_REF":
        raise UsageError("exactly one SELECT is allowed here", cure="see: crmctl datasets", place=place)
    elif kind == "TABLE_FUNCTION":
        function = str((node.get("function") or {}).get("function_name", "")).casefold()
        if function not in _TABLE_FUNCTIONS:
            raise UsageError(
                "the table function {name} is not allowed", cure="import the file and name the dataset", place=place,
                name=function,
            )  # fmt: skip
    elif node.get("class") == "FUNCTION" and str(node.get("function_name", "")).casefold() in _REFUSED:
        raise UsageError(
            "the function {name} is not allowed here", cure="its answer would depend on the machine or the moment",
            place=place, name=node["function_name"],
        )  # fmt: skip


def _unknown_table(name: str, allowed: dict[str, str], place: Place | None) -> None:
    near = did_you_mean(name, allowed.values())
    if near:
        raise UsageError("no dataset called {name!r}", cure="did you mean {near!r}?", place=place, name=name, near=near)
    raise UsageError(
        "no dataset called {name!r}", cure="there are: {names}", place=place, name=name,
        names=", ".join(sorted(allowed.values())) or "-",
    )  # fmt: skip
