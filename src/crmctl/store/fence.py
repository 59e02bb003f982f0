"""What a user's SQL may reach: exactly one SELECT over the datasets it is given, and no function that leaves them."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import duckdb

from crmctl.errors import Place, UsageError, did_you_mean
from crmctl.sql import SQL
from crmctl.store.connection import Store

_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})
# A common table expression may hold an INSERT, UPDATE, DELETE or COPY: whatever is not known to read only is refused.
_QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
# Scalar functions that read the environment, files or settings, run other SQL, or give other answers every time.
_REFUSED = frozenset({
    "getenv", "current_setting", "query", "query_table", "getvariable", "read_text", "read_blob", "glob", "random",
    "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "setseed", "nextval", "currval", "setval", "hash", "now", "today",
    "ago", "get_current_time", "get_current_timestamp", "transaction_timestamp", "current_localtime",
    "current_localtimestamp", "version", "txid_current", "write_log", "sleep_ms", "pg_sleep", "pg_backend_pid",
    "json_execute_serialized_sql", "json_serialize_plan", "from_substrait", "in_search_path", "add_parquet_key",
    "stats", "vector_type", "current_database", "current_schemas", "current_query", "current_query_id",
    "current_connection_id", "current_transaction_id", "pg_conf_load_time", "pg_postmaster_start_time",
    "inet_client_addr", "inet_client_port", "inet_server_addr", "inet_server_port", "reservoir_quantile",
})  # fmt: skip
# The same, which need no parentheses: they look like columns.
_BARE = frozenset({
    "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_user", "session_user",
    "user", "current_role", "current_catalog", "current_schema",
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
    allowed = {name.casefold(): name for name in datasets}
    statement, tree = _parse(store.con, text, place)
    _Reading(allowed, place).query(tree, frozenset())
    return SQL((statement + "\n",))


def tables_read(store: Store, text: str) -> set[str]:
    """The names, in lower case, of the tables that a SELECT reads, its own common table expressions left out."""
    reading = _Reading(None, None)
    reading.query(_parse(store.con, text, None)[1], frozenset())
    return reading.tables


def check_select(text: str) -> None:
    """Refuse what is not exactly one harmless SELECT; its datasets are not known yet.

    Raises:
        UsageError: It is not.
    """
    with duckdb.connect(":memory:") as con:
        _Reading(None, None).query(_parse(con, text, None)[1], frozenset())


def query_failed(error: duckdb.Error) -> UsageError:
    """What DuckDB says against a user's SELECT, without its copy of the statement."""
    problem = str(error).split("\n\n", 1)[0].partition("\nLINE ")[0]
    return UsageError("the query fails: {problem}", cure="mend the query", problem=" ".join(problem.split()))


def _parse(con: duckdb.DuckDBPyConnection, text: str, place: Place | None) -> tuple[str, Any]:
    """The one statement without its semicolon, and its tree."""
    try:
        statements = con.extract_statements(text)
    except duckdb.Error as error:
        raise UsageError("not valid SQL: {problem}", place=place, problem=_first_line(error)) from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError("exactly one SELECT is allowed here", cure="remove every other statement", place=place)
    statement = _without_semicolon(text)
    serialised = con.execute("select json_serialize_sql(?)", [statement]).fetchall()[0][0]
    answer = json.loads(serialised)
    if answer.get("error"):
        raise UsageError("not a plain SELECT: {problem}", place=place, problem=answer.get("error_message", ""))
    return statement, answer["statements"]


def _without_semicolon(text: str) -> str:
    """The text up to the semicolon that ends its statement; one in a string or a comment ends nothing."""
    raw = text.lstrip("; \t\r\n").encode()
    ends = [offset for offset, _ in duckdb.tokenize(raw.decode()) if raw[offset : offset + 1] == b";"]
    return raw[: ends[0] if ends else None].decode().strip()


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0].removeprefix("Parser Error: ")


class _Reading:
    """A walk through a parsed SELECT that notes the tables it reads and refuses what it must not do."""

    def __init__(self, allowed: dict[str, str] | None, place: Place | None) -> None:
        self.allowed, self.place = allowed, place
        self.tables: set[str] = set()

    def query(self, node: Any, local: frozenset[str]) -> None:
        """Walk a part of the tree in which the common table expressions ``local`` can be seen."""
        if isinstance(node, list):
            for item in node:
                self.query(item, local)
        elif isinstance(node, dict):
            self._check(node, local)
            for entry in (node.get("cte_map") or {}).get("map") or []:
                name, value = str(entry["key"]).casefold(), entry["value"]
                recursive = value["query_node"].get("type") == "RECURSIVE_CTE_NODE"
                self.query(value, local | {name} if recursive else local)
                local |= {name}
            for key, value in node.items():
                if key != "cte_map":
                    self.query(value, local)

    def _check(self, node: dict[str, Any], local: frozenset[str]) -> None:
        kind = str(node.get("type", ""))
        if kind == "BASE_TABLE":
            self._check_table(node, local)
        elif kind == "SHOW_REF" or (kind.endswith("_NODE") and kind not in _QUERIES):
            raise UsageError(
                "exactly one SELECT is allowed here", cure="remove every other statement", place=self.place
            )
        elif node.get("class") == "PARAMETER":
            raise UsageError("a query has no parameters", cure="write the value itself", place=self.place)
        elif kind == "TABLE_FUNCTION":
            self._check_table_function(node)
        elif node.get("class") == "FUNCTION":
            self._check_function(node)
        elif kind == "COLUMN_REF" and len(node["column_names"]) == 1:
            name = str(node["column_names"][0])
            if name.casefold() in _BARE:
                raise UsageError(
                    "{name} would ask the machine", cure="write DATASET.{name} for a column of that name",
                    place=self.place, name=name,
                )  # fmt: skip
        if node.get("sample"):
            raise UsageError(
                "a sample would be another one every time", cure="choose rows with a condition", place=self.place
            )

    def _check_table(self, node: dict[str, Any], local: frozenset[str]) -> None:
        name = str(node.get("table_name", ""))
        path = node.get("qualified_name", {}).get("path") or [name]
        if len(path) > 1 or node.get("schema_name") or node.get("catalog_name"):
            raise UsageError(
                "{name} is not a dataset", cure="name it without a schema", place=self.place, name=".".join(path)
            )
        if name.casefold() in local:
            return
        self.tables.add(name.casefold())
        if self.allowed is not None and name.casefold() not in self.allowed:
            _unknown_table(name, self.allowed, self.place)

    def _check_table_function(self, node: dict[str, Any]) -> None:
        function = str((node.get("function") or {}).get("function_name", "")).casefold()
        if function not in _TABLE_FUNCTIONS:
            raise UsageError(
                "the table function {name} is not allowed", cure="import the file and name the dataset",
                place=self.place, name=function,
            )  # fmt: skip

    def _check_function(self, node: dict[str, Any]) -> None:
        name = str(node.get("function_name", "")).casefold()
        if name in _REFUSED or name in _BARE or (name == "age" and len(node.get("arguments", ())) == 1):
            raise UsageError(
                "the function {name} is not allowed here", cure="its answer would depend on the machine or the moment",
                place=self.place, name=name,
            )  # fmt: skip


def _unknown_table(name: str, allowed: dict[str, str], place: Place | None) -> None:
    near = did_you_mean(name, allowed.values())
    if near:
        raise UsageError("no dataset called {name!r}", cure="did you mean {near!r}?", place=place, name=name, near=near)
    raise UsageError(
        "no dataset called {name!r}", cure="there are: {names}", place=place, name=name,
        names=", ".join(sorted(allowed.values())) or "-",
    )  # fmt: skip
