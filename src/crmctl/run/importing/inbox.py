"""An inbox: its new files are taken in once, in order of name, and put away when the run is published."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from crmctl import messages
from crmctl.errors import FileError
from crmctl.run.importing.files import finished
from crmctl.run.importing.ingest import source_name
from crmctl.run.importing.limits import allowed, reject_failure
from crmctl.run.importing.whole import Order, import_files
from crmctl.step.result import InputRead, Result
from crmctl.step.running import Context

ARCHIVE, FAILED = "archive", "failed"
_FRESH_SECONDS, _PAUSE_SECONDS = 10.0, 0.5
_WHOLE = ("replace", "snapshot")


def import_inbox(run: Context, order: Order, folder: str) -> Result:
    """Take in what lies in a folder, all of it or nothing.

    A file that cannot be read, or with too many unreadable lines, is moved to `failed` with the reason beside it and
    the run fails: the next one goes on with the rest.

    Raises:
        FileError: There is no such folder, or a file cannot be read.
    """
    path = Path(folder)
    if not path.is_dir():
        raise FileError("no folder {folder}", cure="make it first", folder=path)
    files, waiting = settled(path)
    for each in waiting:
        run.note(messages.translate("{file} is still being written: left for the next time", file=each))
    files, later = _one_of_each_source(files, order) if order.meeting.mode in _WHOLE else (files, [])
    for each in later:
        run.note(messages.translate("{file} is left for the next time: one dump of a source at a time", file=each))
    if not files:
        return Result(notes=[messages.translate("nothing new in {folder}", folder=path)])
    reading: list[Path] = []
    named = {str(each): each for each in files}
    try:
        result = import_files(run, replace(order, files=list(named), watch=lambda file: reading.append(named[file])))
    except FileError as error:
        if reading and not run.dry_run:
            put_aside(reading[-1], str(error))
            raise FileError(
                "{cause}", cure="it is in {folder} now; mend it and put it back. The next run goes on with the rest",
                cause=error.cause, folder=reading[-1].parent / FAILED,
            ) from None  # fmt: skip
        raise
    if run.dry_run:
        return result
    failure = reject_failure([read.ledger for read in _inputs(result)], order.max_rejects)
    if failure is not None:
        for each in _worst(result, named, order.max_rejects):
            put_aside(each, failure)
    for each in files:
        run.afterwards(partial(put_away, each))
    return result


def _inputs(result: Result) -> list[InputRead]:
    return [read for part in (result, *result.more) for read in part.inputs]


def _worst(result: Result, files: Mapping[str, Path], limit: str) -> list[Path]:
    """The files with more rejected lines than the limit allows each of them; at least the one with the most."""
    counts: dict[Path, tuple[int, int]] = {}
    for read in _inputs(result):
        path = files[read.file]
        rejected, records = counts.get(path, (0, 0))
        counts[path] = rejected + read.ledger.rejected, records + read.ledger.read
    above = [path for path, (rejected, records) in counts.items() if rejected > allowed(limit, records)]
    return above or [max(counts, key=lambda path: counts[path][0])]


def settled(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files of a folder that nobody writes any more, and those that grow or shrink."""
    files = finished(folder)
    before = {each: _state(each) for each in files}
    newest = max((state[1] for state in before.values() if state), default=0.0)
    if time.time() - newest < _FRESH_SECONDS:
        time.sleep(_PAUSE_SECONDS)
    after = {each: _state(each) for each in files}
    growing = [each for each in files if before[each] != after[each] and after[each]]
    return [each for each in files if after[each] and before[each] == after[each]], growing


def _state(path: Path) -> tuple[int, float] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime


def _one_of_each_source(files: list[Path], order: Order) -> tuple[list[Path], list[Path]]:
    """The first file of each source, and the others: two nights' dumps are not one."""
    first: dict[str, Path] = {}
    for each in files:
        first.setdefault(order.source or source_name(str(each)), each)
    return [each for each in files if each in first.values()], [each for each in files if each not in first.values()]


def put_away(path: Path) -> None:
    """Move a file into the archive beside it."""
    _move(path, ARCHIVE)


def put_aside(path: Path, reason: str) -> None:
    """Move a file to the failed ones, with the reason in a text file beside it."""
    moved = _move(path, FAILED)
    if moved is not None:
        moved.with_name(moved.name + ".reason.txt").write_text(reason + "\n", encoding="utf-8")


def _move(path: Path, folder: str) -> Path | None:
    """Rename at once into a folder beside the file, under a name that is free; a file that is gone stays so."""
    target = path.parent / folder
    target.mkdir(exist_ok=True)
    name, number = target / path.name, 2
    while name.exists():
        name, number = target / f"{path.stem}-{number}{path.suffix}", number + 1
    try:
        path.rename(name)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError(
            "cannot move {path}: {problem}", cure="check the folder's permissions; the import itself is done",
            path=path, problem=error.strerror or error,
        ) from None  # fmt: skip
    return name
