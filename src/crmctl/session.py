"""Scripts: the steps as functions over files and stores, their results as Polars or Arrow."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crmctl.errors import DataFailed, Place, UsageError, did_you_mean
from crmctl.recipe import Recipe, find_recipe, load_recipe
from crmctl.recipe import run_recipe as _run_recipe
from crmctl.run import StepReport, run_step
from crmctl.run.outcome import Listener, Silent
from crmctl.run.single import Request
from crmctl.schema.column import Column
from crmctl.sql import ident, join, sql
from crmctl.step import Dataset, StepSpec, registry
from crmctl.step.model import model, plain
from crmctl.store import Store, fenced_select, history, open_store
from crmctl.store.fence import query_failed
from crmctl.store.versions import head, heads

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Outcome", "Session", "load_recipe", "open", "run_recipe", "step_function"]
_REQUEST = ("into", "output", "format", "dry_run", "in_place", "as_of", "wait")


class Outcome:
    """What came of a step: its report, and the rows it made where they did not go into a file or the store."""

    def __init__(self, report: StepReport, rows: pa.Table | None) -> None:
        self.report = report
        self._rows = rows if rows is not None else report.answer

    def arrow(self) -> pa.Table:
        """The rows as an Arrow table.

        Raises:
            UsageError: There are none: they are in a file or the store.
        """
        if self._rows is None:
            raise UsageError("the rows went into the store or a file", cure="read them from there")
        return self._rows

    def polars(self) -> pl.DataFrame:
        """The rows as a Polars frame.

        Raises:
            UsageError: There are none: they are in a file or the store.
        """
        import polars as pl

        frame = pl.from_arrow(self.arrow())
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table always becomes a frame
        return frame


class Session:
    """A store and the steps over it. Each call opens the file, does its work and lets go of it.

    Args:
        store: The DuckDB file; made by the first step that writes.
        wait: Seconds to wait while another process holds it.
        as_of: The moment of every run; the newest event in the data where None.
        listener: Told how runs go on.
    """

    def __init__(
        self, store: str | Path, *, wait: float = 10.0, as_of: str | None = None, listener: Listener | None = None
    ) -> None:
        self.path, self.wait, self.as_of = Path(store), wait, as_of
        self.listener = listener or Silent()

    def __getattr__(self, name: str) -> Callable[..., Outcome]:
        if name.startswith("__"):
            raise AttributeError(name)
        return step_function(name, self)

    def __getitem__(self, dataset: str) -> pa.Table:
        """A dataset's rows, typed, as an Arrow table."""
        with self._reading() as store:
            version = head(store, dataset)
            cells = [sql("{c} as {n}", c=c.typed(), n=c.identifier) for c in version.columns]
            query = sql("select {cells} from {table}", cells=join(cells), table=version.table)
            return store.con.sql(query.text, params=query.values).to_arrow_table()

    def datasets(self) -> list[str]:
        """The names of the datasets."""
        with self._reading() as store:
            return [version.dataset for version in heads(store)]

    def query(self, text: str) -> pa.Table:
        """The answer of one SELECT over the datasets, fenced.

        Raises:
            UsageError: It is not one, or reaches beyond the datasets.
        """
        with self._reading() as store:
            return query_store(store, text)

    def undo(self, run: int | None = None, *, cascade: bool = False) -> history.Undone:
        """Take back a run; the newest where None.

        Raises:
            DataFailed: Later runs depend on it.
        """
        with open_store(self.path, create=False, wait=self.wait) as store:
            return history.undo(store, run, cascade=cascade)

    def run(self, recipe: str | Path | Recipe, **parameters: Any) -> list[StepReport]:
        """Run a recipe in this store.

        Raises:
            CrmctlError: What went wrong; DataFailed where the data failed.
        """
        own = {"as_of": self.as_of, "wait": self.wait, "listener": self.listener}
        return run_recipe(recipe, store=self.path, **own, **parameters)

    def _reading(self) -> Any:
        return open_store(self.path, read_only=True, create=False, wait=self.wait)


def query_store(store: Store, text: str) -> pa.Table:
    """The answer of one fenced SELECT over an open store's datasets."""
    import duckdb

    names = [version.dataset for version in heads(store)]
    statement = fenced_select(store, text, [*names, *(name + "_ids" for name in names)])
    store.fence([])
    try:
        return store.con.sql(statement.text).to_arrow_table()
    except duckdb.Error as error:
        raise query_failed(error) from None


def open(store: str | Path | None = None, **options: Any) -> Session:  # noqa: A001 - crmctl.open, as in gzip
    """A session on a store; `CRMCTL_STORE` or crm.duckdb where None. ``options`` are `Session`'s."""
    return Session(store or os.environ.get("CRMCTL_STORE", "crm.duckdb"), **options)


def step_function(name: str, session: Session | None = None) -> Callable[..., Outcome]:
    """A step as a function: the input first, its parameters by keyword.

    Raises:
        AttributeError: There is no such step.
    """
    command = name.rstrip("_").replace("_", "-")
    if command not in registry.names():
        near = did_you_mean(command, registry.names())
        raise AttributeError(f"crmctl has no step {command!r}" + (f"; did you mean {near!r}?" if near else ""))
    spec = registry.find(command)

    def call(*inputs: Any, **options: Any) -> Outcome:
        return _call(spec, session or open(), inputs, options)

    call.__name__, call.__doc__ = name, spec.function.__doc__
    return call


def _call(spec: StepSpec, session: Session, inputs: tuple[Any, ...], options: dict[str, Any]) -> Outcome:
    request = Request(store=session.path, wait=session.wait, as_of=session.as_of, listener=session.listener)
    for name in _REQUEST:
        if name in options and spec.parameter(name) is None:
            setattr(request, name, options.pop(name))
    kept: list[pa.Table] = []
    request.collect = lambda store, dataset: kept.append(_rows(store, dataset))
    request.output = str(request.output) if request.output is not None else None
    report = run_step(spec, validated(spec, _with_inputs(spec, inputs, options)), request)
    if report.failure:
        raise DataFailed("{failure}", failure=report.failure)
    return Outcome(report, kept[0] if kept else None)


def _with_inputs(spec: StepSpec, inputs: tuple[Any, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    given = {parameter.key: options[parameter.name] for parameter in spec.parameters if parameter.name in options}
    spelled = {parameter.name for parameter in spec.parameters}
    given |= {key: value for key, value in options.items() if spec.parameter(key) or key not in spelled}
    first = spec.input or next(iter(spec.parameters), None)
    if inputs and first is not None:
        names = [str(name) for item in inputs for name in (item if isinstance(item, (list, tuple)) else [item])]
        if len(names) > 1 and not first.multiple:
            raise UsageError("{step} takes one input, not {count}", step=spec.name, count=len(names))
        given[first.key] = names if first.multiple else names[0]
    return {key: str(value) if isinstance(value, Path) else value for key, value in given.items()}


def validated(spec: StepSpec, given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters checked against the step's model, with defaults filled in.

    Raises:
        UsageError: They do not fit.
    """
    from crmctl.yamlfile import Document

    try:
        checked = plain(Document(spec.name, dict(given)).validate(model(spec)))
    except UsageError as error:
        for part in error.parts:
            part.place = Place(spec.name)  # a call has no lines
        raise
    return {key: value for key, value in checked.items() if spec.parameter(key)}


def _rows(store: Store, dataset: Dataset) -> pa.Table:
    def cell(column: Column) -> Any:
        return sql("{c} as {n}", c=column.identifier, n=ident(column.header))

    query = sql("select {cells} from {table}", cells=join([cell(c) for c in dataset.columns]), table=dataset.relation)
    return store.con.sql(query.text, params=query.values).to_arrow_table()


def run_recipe(recipe: str | Path | Recipe, *, store: str | Path | None = None, **options: Any) -> list[StepReport]:
    """Run a recipe; options that are not the runner's are its parameters.

    Raises:
        CrmctlError: What went wrong; DataFailed where the data failed.
    """
    chosen = recipe if isinstance(recipe, Recipe) else find_recipe(recipe)
    own = {name: options.pop(name) for name in ("as_of", "wait", "dry_run", "listener") if name in options}
    path = Path(store or os.environ.get("CRMCTL_STORE", "crm.duckdb"))
    return _run_recipe(chosen, store=path, given=options, **own)
