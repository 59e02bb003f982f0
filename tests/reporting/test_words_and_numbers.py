"""The fixed words in both languages, and numbers as text."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from crmctl import reporting, yamlfile
from crmctl.reporting import ColumnChart, Figure, Figures, Item, Report, Section, to_html, to_markdown

HERE = Path(__file__).parent
ROOM = Path(reporting.__file__).parent
WORDS = yamlfile.load(ROOM / "words.yaml").data
CASES = yamlfile.load(HERE / "numbers.yaml").data


@pytest.mark.parametrize("key", WORDS)
def test_every_word_is_there_in_both_languages_with_the_same_holes(key: str) -> None:
    texts = WORDS[key]
    assert set(texts) == {"en", "zh"}
    holes = {code: {name for _, name, _, _ in Formatter().parse(text) if name} for code, text in texts.items()}
    assert holes["en"] == holes["zh"]


def test_every_word_that_is_used_exists_and_every_word_is_used() -> None:
    sources = [path.read_text(encoding="utf-8") for path in [*ROOM.rglob("*.py"), *ROOM.rglob("*.jinja")]]
    asked = {key for source in sources for key in re.findall(r"""(?:words|said)\(["'](\w{3,})["']""", source)}
    prefixes = ("tone_", "badge_", "meta_")
    indirect = {key for key in WORDS if key.startswith(prefixes) or any(f'"{key}"' in source for source in sources)}
    assert {key for key in asked if not key.endswith("_")} <= set(WORDS)
    assert set(WORDS) == {key for key in asked | indirect if key in WORDS}


def test_no_english_word_stands_on_a_chinese_page() -> None:
    blocks = [Figures([Figure("数", 1, "", tone) for tone in ("good", "warn", "bad")]), ColumnChart("图", [])]
    html = to_html(
        Report("概览", language="zh", sections=[Section("节", "", blocks), Section("节")], meta={"as_of": "2025"})
    )
    body = re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)
    assert re.findall(r"[A-Za-z]{2,}", body) == []
    assert re.findall(r'aria-label="[A-Za-z]', html) == []


@pytest.mark.parametrize(("value", "unit", "english", "chinese"), CASES)
def test_numbers_read_as_people_write_them(value: float, unit: str, english: str, chinese: str) -> None:
    for language, expected in (("en", english), ("zh", chinese)):
        block = Figures([Figure("n", value, unit=unit)])
        shown = to_markdown(Report("r", language=language, sections=[Section("s", "", [block])]))
        (found,) = re.findall(r"\*\*(.*)\*\*", shown)
        assert found.replace("\\", "") == expected


@pytest.mark.parametrize(("language", "mark"), [("en", "150k"), ("zh", "15万")])
def test_axes_count_in_the_reader_s_own_steps(language: str, mark: str) -> None:
    chart = ColumnChart("t", [Item("a", 140_000)])
    html = to_html(Report("r", language=language, sections=[Section("s", "", [chart])]))
    assert f">{mark}</text>" in html
