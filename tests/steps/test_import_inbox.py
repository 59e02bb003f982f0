"""An inbox: new files are taken in once and put away; unfinished ones are left alone, broken ones put aside."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from crmctl.run.importing import inbox as module


@pytest.fixture
def inbox(cli: Any) -> Any:
    """A folder with two days' files and an unfinished one; all of them written a while ago."""
    (cli.folder / "in").mkdir()
    put(cli, "shop-2026-01-02.csv", "1,Anna,", "4,Dee,")
    put(cli, "shop-2026-01-01.csv", "1,Ann,ann@example.com", "2,Bob,")
    put(cli, "shop-2026-01-03.csv.part", "1,never,")
    return cli


def put(cli: Any, name: str, *lines: str) -> Path:
    path: Path = cli.folder / "in" / name
    path.write_text("\n".join(["id,name,email", *lines]) + "\n", encoding="utf-8")
    os.utime(path, (time.time() - 60, time.time() - 60))
    return path


def names(cli: Any, folder: str = "in") -> list[str]:
    return sorted(path.name for path in (cli.folder / folder).iterdir() if path.is_file())


def people(cli: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in cli("query", "select id, full_name from people order by id").rows]


def test_new_files_are_taken_in_order_and_put_away(inbox):
    inbox("import", "--inbox", "in", "--into", "people")
    assert people(inbox) == [("1", "Anna"), ("2", "Bob"), ("4", "Dee")]
    assert names(inbox) == ["shop-2026-01-03.csv.part"]
    assert names(inbox, "in/archive") == ["shop-2026-01-01.csv", "shop-2026-01-02.csv"]
    done = inbox("import", "--inbox", "in", "--into", "people")
    assert "nothing new in in" in done.err


def test_a_file_that_came_before_is_put_away_unread(inbox):
    inbox("import", "--inbox", "in", "--into", "people")
    put(inbox, "shop-2026-01-01.csv", "1,Ann,ann@example.com", "2,Bob,")
    done = inbox("import", "--inbox", "in", "--into", "people")
    assert "same file as in run 1" in done.err
    assert people(inbox)[0] == ("1", "Anna")
    assert names(inbox, "in/archive") == ["shop-2026-01-01-2.csv", "shop-2026-01-01.csv", "shop-2026-01-02.csv"]


def test_nothing_is_put_away_before_it_is_published(inbox, monkeypatch):
    def dies(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "put_away", dies)
        inbox("import", "--inbox", "in", "--into", "people", code=None)
    assert people(inbox) == [("1", "Anna"), ("2", "Bob"), ("4", "Dee")]
    assert len(names(inbox)) == 3
    done = inbox("import", "--inbox", "in", "--into", "people")
    assert done.err.count("same file as in run 1") == 2
    assert names(inbox) == ["shop-2026-01-03.csv.part"]


def test_a_file_that_grows_is_left_alone(inbox, monkeypatch):
    path = put(inbox, "slow.csv", "5,Eve,")
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.2)
    with path.open("a", encoding="utf-8") as file:
        file.write("6,Fay")
    stop = threading.Timer(0.1, lambda: path.write_text(path.read_text("utf-8") + ",\n", "utf-8"))
    stop.start()
    files, growing = module.settled(inbox.folder / "in")
    stop.join()
    assert [each.name for each in growing] == ["slow.csv"]
    assert path not in files


def test_a_broken_file_is_put_aside_with_the_reason_and_the_rest_goes_on(inbox):
    put(inbox, "bad.csv", *["1,too,many,cells,here"] * 3, *["2,b,c"] * 4)
    (inbox.folder / "in" / "zero.csv").write_bytes(b"")
    failed = inbox("import", "--inbox", "in", "--into", "people", code=3)
    assert "it is in in/failed now" in failed.err
    inbox("import", "--inbox", "in", "--into", "people", code=1)
    assert names(inbox, "in/failed") == ["bad.csv", "bad.csv.reason.txt", "zero.csv", "zero.csv.reason.txt"]
    assert "lines could not be read" in (inbox.folder / "in/failed/bad.csv.reason.txt").read_text("utf-8")
    assert inbox("datasets").rows == []
    inbox("import", "--inbox", "in", "--into", "people")
    assert len(people(inbox)) == 3


def test_of_two_nights_dumps_one_is_taken_at_a_time(inbox):
    snapshot = ["import", "--inbox", "in", "--into", "people", "--mode", "snapshot"]
    done = inbox(*snapshot)
    assert "shop-2026-01-02.csv is left for the next time" in done.err
    assert people(inbox) == [("1", "Ann"), ("2", "Bob")]
    inbox(*snapshot)
    assert people(inbox) == [("1", "Anna"), ("4", "Dee")]


def test_a_dry_run_moves_nothing(inbox):
    inbox("import", "--inbox", "in", "--into", "people", "--dry-run")
    assert len(names(inbox)) == 3


def test_an_inbox_is_a_folder_and_is_read_alone(inbox):
    assert "no file nope" in inbox("import", "--inbox", "nope", code=3).err
    put(inbox, "a.csv", "1,A,")
    assert "name either files or --inbox" in inbox("import", "in/a.csv", "--inbox", "in", code=2).err
