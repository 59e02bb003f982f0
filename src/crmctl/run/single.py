"""One step as a run of its own, over a dataset, a file or standard input: what every command does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from crmctl.errors import DataFailed, UsageError
from crmctl.run.exporting.output import Patient, check_folder, guard_output, output_format, write_answer, write_dataset
from crmctl.run.importing.files import expand, folders
from crmctl.run.importing.ingest import FILE_SUFFIXES, STDIN, find_file
from crmctl.run.outcome import Listener, StepReport
from crmctl.run.runner import Runner
from crmctl.step import Dataset, StepSpec
from crmctl.step.types import looks_like_file
from crmctl.store import Settings, Store, open_store, private_store
from crmctl.store.runs import FileLedger

STDOUT = "-"


@dataclass
class Request:
    """What is asked of one step, besides its own parameters.

    Args:
        store: The store's file.
        into: The dataset that the result becomes.
        output: A file for the result, or ``-``.
        format: The output's format.
        dry_run: Change nothing; show what would be.
        in_place: The output may be the input, and is where none is named.
        as_of: The run's moment.
        wait: Seconds to wait for a locked store.
        settings: Memory and threads.
        listener: Told how it goes on.
        stdout: Where ``-`` writes to; None where the caller shows the rows itself.
        collect: Called with the result's rows while the store is still open.
        ask: Asks the user for a file's password.
    """

    store: Path
    into: str | None = None
    output: str | None = None
    format: str | None = None
    dry_run: bool = False
    in_place: bool = False
    as_of: str | None = None
    wait: float = 10.0
    settings: Settings | None = None
    listener: Listener | None = None
    stdout: BinaryIO | None = None
    collect: Callable[[Store, Dataset], None] | None = None
    ask: Callable[[str], str | None] | None = None


def run_step(spec: StepSpec, plain: Mapping[str, Any], request: Request) -> StepReport:
    """Execute one step and put its result where it belongs.

    A file's result goes to a file or stream, a dataset's into the store, whatever lies about.

    Raises:
        CrmctlError: What went wrong; DataFailed where the data failed.
    """
    inputs = input_names(spec, plain)
    files = input_files(spec, plain)
    if files.count(STDIN) > 1:
        raise UsageError("standard input can be named only once", cure="save one of the inputs to a file")
    if spec.kind == "import":
        expand(_given(spec, plain))
    else:
        for text in files:
            if text != STDIN:
                find_file(text)
    path = _output_path(spec, plain, files, request)
    keeps = _keeps(spec, plain, request)
    only_files = bool(inputs) and len(files) == len(inputs)
    writes = keeps and not request.dry_run and (only_files or not inputs or request.store.exists())
    with _opened(request, writes=writes, alone=only_files and not keeps) as store:
        read = [str(folder) for folder in folders(files)] if spec.kind == "import" else files
        store.fence(directories([*read, *output_names(spec, plain)], path))
        runner = Runner(
            store, kind="step", command=spec.name, parameters=dict(plain), as_of=request.as_of,
            listener=request.listener, stdout=_stream(request, keeps), ask=request.ask,
        )  # fmt: skip
        with runner:
            report = runner.perform(
                spec, plain, into=request.into, keeps=keeps and not request.dry_run, sample=request.dry_run
            )
            if request.in_place and any(isinstance(each, FileLedger) and each.rejected for each in report.ledgers):
                raise DataFailed("{path} has lines that could not be read", cure="name the output with -o", path=path)
            # What an answer says of data that failed is written all the same, but rows are not.
            if not (request.dry_run and path) if report.answer is not None else not (request.dry_run or report.failure):
                with contextlib.nullcontext() if report.failure else runner.pending.collecting():
                    _deliver(runner, report, request, path, keeps)
        return report


def input_names(spec: StepSpec, plain: Mapping[str, Any]) -> list[str]:
    """Every dataset or file that the parameters name as input."""
    names: list[str] = []
    for parameter in spec.parameters:
        value = plain.get(parameter.key)
        if parameter.kind in ("dataset", "input") and value is not None:
            names.extend(value if parameter.multiple else [value])
    return names


def input_files(spec: StepSpec, plain: Mapping[str, Any]) -> list[str]:
    """Those of the inputs that are files."""
    names: list[str] = []
    for parameter in spec.parameters:
        value = plain.get(parameter.key)
        if parameter.kind in ("dataset", "input") and value is not None:
            given = value if parameter.multiple else [value]
            names += [text for text in given if parameter.kind == "input" or looks_like_file(text, FILE_SUFFIXES)]
    return names


def output_names(spec: StepSpec, plain: Mapping[str, Any]) -> list[str]:
    """Every file that the parameters name as output."""
    found: list[str] = []
    for parameter in spec.parameters:
        value = plain.get(parameter.key)
        if value and parameter.kind == "output":
            found.append(str(value))
        elif value and parameter.kind == "outputs":
            found.extend(map(str, value.values()))
    return found


def consulted(spec: StepSpec, plain: Mapping[str, Any]) -> list[str]:
    """Every file that is read beside the rows: schemas, rules, segments, checks."""
    names: list[str] = []
    for parameter in spec.parameters:
        value = plain.get(parameter.key)
        if value is not None and parameter.kind in ("schema", "rules", "segments", "input"):
            names.extend(value if parameter.multiple else [value])
    return [name for name in names if name != STDIN and spec.kind != "import" and Path(name).is_file()]


def _output_path(spec: StepSpec, plain: Mapping[str, Any], files: list[str], request: Request) -> Path | None:
    """Where the result is written, if into a file. What can be wrong with it is told before any work is done."""
    outputs = output_names(spec, plain)
    output = request.output
    if request.in_place and output is None:
        given = _given(spec, plain)
        if len(given) != 1 or given[0] == STDIN or given[0] not in files:
            raise UsageError("--in-place needs one input file", cure="name the output with -o")
        output = given[0]
    if [output, *outputs].count(STDOUT) > 1:
        raise UsageError("standard output can be named only once", cure="write one of the outputs to a file")
    others = consulted(spec, plain)
    paths = [guard_output(text, files, store=request.store, others=others) for text in outputs]
    offered = request.in_place if spec.kind == "rows" else None
    path = guard_output(output, files, store=request.store, others=others, in_place=offered)
    for each in [*paths, path]:
        if each is not None:
            check_folder(each)
    if spec.parameter("output") is None and (output or request.format):
        output_format(request.format, output, None)
    return path


def _given(spec: StepSpec, plain: Mapping[str, Any]) -> list[str]:
    """What is named as the step's INPUT."""
    value = plain.get(spec.input.key) if spec.input is not None else None
    return list(value) if isinstance(value, list) else [value] if value is not None else []


def _keeps(spec: StepSpec, plain: Mapping[str, Any], request: Request) -> bool:
    """Whether the result belongs into the store: it came from one and no file is asked for, or a name is given."""
    if request.into is not None:
        return True
    if request.output is not None or request.in_place or not spec.records:
        return False
    given = _given(spec, plain)
    return spec.kind == "import" or not all(looks_like_file(text, FILE_SUFFIXES) for text in given)


def _stream(request: Request, keeps: bool) -> BinaryIO | None:
    """Where ``-`` writes to; a run that keeps something goes on when nobody reads any more."""
    return cast("BinaryIO", Patient(request.stdout)) if keeps and request.stdout is not None else request.stdout


@contextlib.contextmanager
def _opened(request: Request, *, writes: bool, alone: bool) -> Iterator[Store]:
    """The store itself to write into; else a private one, and what is in the store is seen unless files are alone.

    A mistyped dataset makes no store, and files have nothing to do with the store that lies about.
    """
    waiting = request.listener.note if request.listener else None
    if writes:
        with open_store(request.store, wait=request.wait, settings=request.settings, waiting=waiting) as store:
            yield store
    else:
        base = None if alone else request.store
        with private_store(base, wait=request.wait, settings=request.settings, waiting=waiting) as store:
            yield store


def directories(files: list[str], output: Path | None) -> list[Path]:
    """The folders that these files lie in, and those of them that are folders."""
    paths = [Path(text) for text in files if text != "-"] + ([output] if output else [])
    return [path.parent for path in paths] + [path for path in paths if path.is_dir()]


def _deliver(runner: Runner, report: StepReport, request: Request, path: Path | None, keeps: bool) -> None:
    """Hand the result over: into the output where there is one, else to whoever shows it."""
    as_of = runner.dated()
    if report.answer is not None:
        target = path or (request.stdout if request.output == "-" or request.format else None)
        if target is not None:
            chosen = output_format(request.format, request.output, None)
            with contextlib.suppress(BrokenPipeError):  # what was found out counts, read to its end or not
                write_answer(runner.store, report.answer, report.answer_columns, target, format=chosen, as_of=as_of)
            _written(report, path)
        return
    if report.dataset is None or (keeps and request.output is None):
        return
    dataset = runner.dataset("dataset:" + report.dataset)
    target = path or runner.stdout
    if target is not None:
        chosen = output_format(request.format, str(path) if path else None, dataset.reading)
        write_dataset(runner.store, dataset, target, format=chosen, as_of=as_of)
        if path is not None and request.in_place:
            runner.pending.keep_old(path)
        _written(report, path)
    if request.collect is not None:
        request.collect(runner.store, dataset)


def _written(report: StepReport, path: Path | None) -> None:
    if path is None:
        report.wrote_stdout = True
    else:
        report.files.append(path)
