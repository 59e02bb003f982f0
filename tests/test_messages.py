"""crmctl speaks Chinese: every message has its translation, with the same holes, and none can crash the output."""

from __future__ import annotations

import importlib.util
import json
import re
import string
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from crmctl import messages
from crmctl.errors import UsageError

if TYPE_CHECKING:
    from tests.conftest import CommandLine

ROOT = Path(__file__).parents[1]


def _extractor() -> ModuleType:
    spec = importlib.util.spec_from_file_location("message_extractor", ROOT / "scripts" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


EXTRACTOR = _extractor()
CATALOGUE = EXTRACTOR.catalogue()


@pytest.fixture
def chinese() -> object:
    messages.set_language("zh")
    yield
    messages.set_language(None)


def holes(template: str) -> Counter[tuple[str, str | None, str | None]]:
    """Every hole with its format and its conversion."""
    return Counter(hole[1:] for hole in string.Formatter().parse(template) if hole[1] is not None)


def words(template: str) -> str:
    """The letters that are not in a hole."""
    return "".join(re.findall(r"[^\W\d_]", "".join(hole[0] for hole in string.Formatter().parse(template))))


def test_every_message_is_a_literal_so_that_it_can_be_translated() -> None:
    assert EXTRACTOR.found().opaque == []


def test_every_message_has_a_chinese_one() -> None:
    assert sorted(set(EXTRACTOR.templates()) - set(CATALOGUE)) == []


def test_no_chinese_message_is_left_over() -> None:
    assert sorted(set(CATALOGUE) - set(EXTRACTOR.templates())) == []


def test_the_extractor_finds_messages_of_every_kind() -> None:
    assert {
        "no dataset called {name!r}",  # an error's cause
        "did you mean {near!r}?",  # a cure in a conditional expression
        "expected ')', found {found}",  # said by a method that takes a template
        "{count} problems",  # handed to the base class
        "What came in, what went out",  # `translate` under another name
        "{dataset} is gone",  # by way of a variable
        "not a valid e-mail",  # a reason
        "fixed",  # a status
    } <= set(EXTRACTOR.templates())


def test_the_chinese_message_has_the_same_holes_with_the_same_formats() -> None:
    assert {english: chinese for english, chinese in CATALOGUE.items() if holes(chinese) != holes(english)} == {}


def test_no_message_was_left_in_english() -> None:
    chinese_letter = re.compile(r"[\u4e00-\u9fff]")
    assert [english for english in CATALOGUE if words(english) and not chinese_letter.search(CATALOGUE[english])] == []


def test_options_commands_and_quoted_words_are_the_same_in_both_languages() -> None:
    fixed = re.compile(r"--[a-z][a-z-]+|(?<=[a-z]: )crmctl [a-z]+|CRMCTL_[A-Z]+|(?<!\w)\.[a-z]+\b|'(?!now)[a-z]+'")
    said = [(english, word) for english in CATALOGUE for word in fixed.findall(english)]
    lost = [(english, word) for english, word in said if word not in CATALOGUE[english]]
    assert len(said) > 50
    assert lost == []


def test_the_catalogue_is_sorted_and_a_gbk_console_can_show_it() -> None:
    text = EXTRACTOR.CATALOGUE.read_text(encoding="utf-8")
    assert text == json.dumps(CATALOGUE, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    assert text.encode("gbk")


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["--lang", "zh"], {}), ([], {"CRMCTL_LANG": "zh"}), ([], {"CRMCTL_LANG": "zh_CN.UTF-8"})],
)
def test_an_error_is_told_in_chinese(cli: CommandLine, arguments: list[str], environment: dict[str, str]) -> None:
    told = cli.process(*arguments, "import", "none.csv", code=3, **environment)
    assert told.err.strip() == "错误：文件不存在：none.csv；请检查名称和文件夹"


def test_the_option_comes_before_the_environment(cli: CommandLine) -> None:
    told = cli.process("--lang", "en", "import", "none.csv", code=3, CRMCTL_LANG="zh")
    assert told.err.strip() == "error: no file none.csv; check the name and the folder"


def test_an_unknown_language_falls_back_to_english(cli: CommandLine) -> None:
    told = cli.process("import", "none.csv", code=3, CRMCTL_LANG="tlh")
    assert told.err.strip() == "error: no file none.csv; check the name and the folder"


def test_a_gbk_console_shows_chinese(cli: CommandLine) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crmctl", "--lang", "zh", "undo"], cwd=cli.folder, capture_output=True, check=False,
        env=cli.environment | {"PYTHONIOENCODING": "gbk"},
    )  # fmt: skip
    assert "存储文件" in done.stderr.decode("gbk")


def test_a_step_tells_its_ledger_and_statuses_in_chinese(cli: CommandLine) -> None:
    path = cli.write("people.csv", [["1", " Ann@example.com "], ["2", "nonsense"]], ["id", "email"])
    told = cli("--lang", "zh", "clean", path, "-o", "out.csv")
    assert "输入 2 行 = 输出 2" in told.err
    assert "无效" in told.err
    assert not re.search(r"\b(rows|findings|written|invalid)\b", told.err)


def test_the_keys_of_machine_output_are_the_same_in_every_language(cli: CommandLine) -> None:
    told = [cli("--lang", language, "sample", "--customers", "5", "--out", "d").rows for language in ("en", "zh")]
    assert told[0] == told[1]


@pytest.mark.usefixtures("chinese")
def test_a_word_that_nobody_knows_stays_as_it_is() -> None:
    assert messages.term("fixed") == "已修正"
    assert messages.term("asked by {Ann}") == "asked by {Ann}"


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    "values", [{}, {"other": 1}, {"name": 1, "read": None, "loaded": "x", "rejected": 0, "skipped": 0}]
)
def test_a_message_that_cannot_be_filled_shows_its_values_instead_of_crashing(values: dict[str, object]) -> None:
    error = UsageError(
        "{name}: read {read:,} = loaded {loaded:,} + rejected {rejected:,} + skipped {skipped:,}",
        cure="add it",
        **values,
    )
    text = str(error)
    assert text.endswith("；请补上")
    assert error.to_dict()["cause"] in text
    for name, value in values.items():
        assert f"{name}={value!r}" in text
