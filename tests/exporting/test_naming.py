"""Names of files that are made from values."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.errors import UsageError
from crmctl.exporting.naming import beside, named_after, numbered_paths, placeholder, split_paths

RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(10))}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=300), unique=True, max_size=20))
def test_any_values_make_names_that_every_system_takes_and_no_two_alike(values):
    names = [path.name for path in split_paths("out/{x}.xlsx", values).values()]
    assert len({name.casefold() for name in names}) == len(values)
    for name in names:
        stem = name.removesuffix(".xlsx")
        assert name.endswith(".xlsx")
        assert len(name.encode()) <= 255
        assert not set(stem) & set('<>:"/\\|?*')
        assert stem.isprintable() or all(ord(char) > 31 for char in stem)
        assert stem == stem.strip(" ")
        assert not stem.startswith(".")
        assert stem.split(".")[0].casefold() not in RESERVED


def test_names_that_a_system_keeps_for_itself_and_names_that_differ_in_case_are_told_apart():
    values = ["CON", "con", "nul.txt", "a.", "A", "..", "../../etc/passwd", "王/五", None]
    assert [path.name for path in split_paths("{x}.csv", values).values()] == [
        "CON_.csv", "con (2).csv", "nul_.txt.csv", "a.csv", "A (2).csv", "_.csv", "__.._etc_passwd.csv", "王_五.csv",
        "(blank).csv",
    ]  # fmt: skip


def test_the_field_stands_in_braces_in_the_files_name_only():
    assert placeholder("out/{负责人}.csv") == "负责人"
    assert placeholder("out/a.csv") is None
    for wrong in ("{a}-{b}.csv", "{a}/x.csv"):
        with pytest.raises(UsageError):
            placeholder(wrong)


def test_several_files_are_numbered_before_their_ending():
    assert [path.name for path in numbered_paths(Path("a.csv"), 1)] == ["a.csv"]
    assert [path.name for path in numbered_paths(Path("a.csv.gz"), 2)] == ["a-1.csv.gz", "a-2.csv.gz"]
    assert numbered_paths(Path("a.csv"), 12)[0].name == "a-01.csv"


def test_further_files_lie_beside_the_output():
    assert beside("out/{owner}.csv", ".sdl") == Path("out/owner.sdl")
    assert named_after("out/a.csv.gz") == Path("out/a.csv.gz")
