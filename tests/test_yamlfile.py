"""YAML is read strictly: text stays text, nothing wins silently, and every complaint has a place and a cure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from crmctl.errors import CrmctlError, FileError, UsageError
from crmctl.resources import VOCABULARY, shipped
from crmctl.yamlfile import MAX_ALIASES, MAX_BYTES, MAX_DEPTH, load

CASES: dict[str, Any] = load(Path(__file__).with_name("yamlfile_cases.yaml")).data


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    label: str


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    threshold: float = 0.5
    fields: list[str] = []
    parts: list[Part] = []


@pytest.mark.parametrize("case", CASES["values"], ids=lambda case: repr(case["text"]))
def test_only_what_the_core_schema_names_is_not_text(case):
    value = load("f.yaml", f"a: {case['text']}").data["a"]
    assert value == case["is"]
    assert type(value) is type(case["is"])


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: repr(case["text"]))
def test_a_file_that_could_mean_something_else_is_refused(case):
    with pytest.raises(UsageError) as caught:
        load("f.yaml", case["text"])
    assert str(caught.value) == case["says"]


@pytest.mark.parametrize("case", CASES["models"], ids=lambda case: repr(case["text"]))
def test_what_does_not_fit_a_model_is_said_with_place_and_cure(case):
    with pytest.raises(UsageError) as caught:
        load("f.yaml", case["text"]).validate(Settings)
    assert str(caught.value) == case["says"]


def test_all_errors_are_told_at_once():
    with pytest.raises(UsageError) as caught:
        load("f.yaml", "thresold: 1\nfields: x\nzebra: 1").validate(Settings)
    assert len(caught.value.parts) == 4


def test_an_alias_is_convenient_and_a_bomb_is_refused():
    assert load("f.yaml", "a: &x [1, 2]\nb: *x").data == {"a": [1, 2], "b": [1, 2]}
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    with pytest.raises(UsageError, match=f"more than {MAX_ALIASES} aliases"):
        load("f.yaml", bomb)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 500, 100_000])
def test_deep_nesting_is_refused_and_does_not_crash(depth):
    with pytest.raises(UsageError, match="nested too deeply"):
        load("f.yaml", "a: " + "[" * depth + "]" * depth)


def test_a_number_too_long_to_be_one_is_refused():
    with pytest.raises(UsageError, match=r"f\.yaml:1:4: '1{40}' is no number"):
        load("f.yaml", "a: " + "1" * 5000)


def test_every_key_and_value_has_its_place():
    document = load("f.yaml", "name: x\nparts:\n  - {label: a}\n  -\n    label: b\n")
    assert str(document.place("parts", 1, "label")) == "f.yaml:5:5"
    assert str(document.place("parts", 0)) == "f.yaml:3:5"
    assert str(document.place("parts", 7, "label")) == "f.yaml:2:1"
    assert str(document.place("nowhere")) == "f.yaml:1:1"


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    path = tmp_path / "手机.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    assert load(path).data == {"a": 1}


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(FileError, match=r"no file .*missing\.yaml; check the name"):
        load(tmp_path / "missing.yaml")
    with pytest.raises(FileError, match="cannot read"):
        load(tmp_path)
    (tmp_path / "gbk.yaml").write_bytes("名称: 客户".encode("gbk"))
    with pytest.raises(FileError, match="cannot read"):
        load(tmp_path / "gbk.yaml")
    (tmp_path / "large.yaml").write_bytes(b"# " + b"x" * MAX_BYTES)
    with pytest.raises(UsageError, match="larger than 4000000 bytes"):
        load(tmp_path / "large.yaml")


def test_shipped_files_are_read_alike_by_the_fast_and_the_strict_parser():
    paths = [*VOCABULARY.rglob("*.yaml"), *shipped("schemas").rglob("*.yaml"), *shipped("recipes").rglob("*.yaml")]
    assert len(paths) > 10
    for path in paths:
        if path.stat().st_size < 40_000:
            assert load(path).data == load(path, path.read_text(encoding="utf-8")).data, path


@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"\\ \n\t#%@,?~1.eE手\0")))
@settings(max_examples=50, deadline=None)
def test_any_text_is_read_or_refused_with_a_place(text):
    said = "f.yaml"
    try:
        load("f.yaml", text)
    except CrmctlError as error:
        said = str(error)
    assert said.startswith("f.yaml")
    assert "\n" not in said
