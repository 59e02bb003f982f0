"""Markdown, JSON and the written file."""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from crmctl.errors import FileError, UsageError
from crmctl.reporting import (
    Badge,
    BarChart,
    Figure,
    Figures,
    HeatMap,
    Item,
    Quantity,
    Report,
    Section,
    StackedBar,
    StackedRow,
    TableBlock,
    Text,
    to_html,
    to_json,
    to_markdown,
    write_report,
)


def markdown(*blocks: object) -> str:
    return to_markdown(Report("r", sections=[Section("s", "", blocks)])).split("## s\n\n")[1]  # type: ignore[arg-type]  # any block


def test_markdown_holds_every_section_and_chart(demo: Report) -> None:
    text = to_markdown(demo)
    assert text.startswith(f"# {demo.title}\n")
    for section in demo.sections:
        assert f"\n## {section.title}\n" in text
        for block in section.blocks:
            assert getattr(block, "title", "") in text


def test_every_row_of_a_markdown_table_has_as_many_cells_as_its_head(demo: Report) -> None:
    width = 0
    for line in to_markdown(demo).splitlines():
        cells = line.replace("\\|", "").count("|") if line.startswith("|") else 0
        assert not (width and cells) or cells == width
        width = cells


def test_a_table_in_markdown() -> None:
    table = TableBlock(["e|mail", "n"], [["a|b\n*c*", 1200], [Badge("fail", "bad"), None]], note="why", title="T")
    assert markdown(table) == (
        "### T\n\nwhy\n\n| e\\|mail | n |\n| :-- | --: |\n| a\\|b \\*c\\* | 1,200 |\n| fail ✕ | – |\n"
    )


def test_charts_in_markdown_are_tables() -> None:
    assert markdown(BarChart("Bars", [Item("a", 0.5, "n")], "%")) == (
        "### Bars\n\n| Label | Value | Note |\n| :-- | --: | :-- |\n| a | 50.0% | n |\n"
    )
    assert markdown(StackedBar("Tiers", ["A", "B"], [StackedRow("", [3, 1])])) == (
        "### Tiers\n\n| Label | Value | Share |\n| :-- | --: | --: |\n| A | 3 | 75.0% |\n| B | 1 | 25.0% |\n"
    )
    assert markdown(HeatMap("Grid", ["R1"], ["F1", "F2"], [[1, None]], "R", "F")) == (
        "### Grid\n\n| R \\\\ F | F1 | F2 |\n| :-- | --: | --: |\n| R1 | 1 | – |\n"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<script>alert(1)</script>", "\\<script>alert(1)\\</script>"),
        ("[click](http://x.example)", "\\[click\\](http\\://x.example)"),
        ("see www.x.example", "see www\\.x.example"),
        ("# not a heading", "\\# not a heading"),
        ("1. not a list", "1\\. not a list"),
        ("- not a list", "\\- not a list"),
        ("> not a quotation", "\\> not a quotation"),
        ("customer_id _is_ `it`", "customer_id \\_is\\_ \\`it\\`"),
        ("-5 +8613800138000 3.5", "-5 +8613800138000 3.5"),
        ("two\n\nparagraphs", "two paragraphs"),
    ],
)
def test_a_value_in_markdown_means_nothing_but_itself(value: str, expected: str) -> None:
    assert markdown(Text(value)) == f"{expected}\n"


def test_a_long_markdown_table_is_cut_and_says_so() -> None:
    text = markdown(TableBlock(["id"], [[str(row)] for row in range(1_000)]))
    assert text.count("\n|") == 201
    assert text.endswith("\n\nand 800 more rows\n")


def test_json_is_uncut_and_says_what_each_block_is(demo: Report) -> None:
    wide = TableBlock(["id"], [[row] for row in range(5_000)])
    data = json.loads(to_json(replace(demo, sections=[*demo.sections, Section("all", "", [wide])])))
    assert data["title"] == demo.title
    assert data["meta"]["as_of"] == "2025-06-30"
    kinds = {block["kind"] for section in data["sections"] for block in section["blocks"]}
    assert kinds == {"figures", "bar_chart", "column_chart", "funnel", "stacked_bar", "heat_map", "table", "text"}
    assert len(data["sections"][-1]["blocks"][0]["rows"]) == 5_000


def test_json_keeps_numbers_numbers_and_what_is_no_number_null() -> None:
    values = [Decimal("12"), Decimal("0.25"), math.nan, Decimal("Infinity"), 2**70, True, Quantity(0.5, "%"), "\ud800"]
    report = Report("r", sections=[Section("s", "", [TableBlock(["v"], [[value] for value in values])])])
    rows = json.loads(to_json(report))["sections"][0]["blocks"][0]["rows"]
    assert rows == [[12], [0.25], [None], [None], [2**70], [True], [{"value": 0.5, "unit": "%"}], ["�"]]


@pytest.mark.parametrize("form", [to_html, to_markdown, to_json])
def test_each_form_is_the_same_every_time(form, demo: Report) -> None:
    assert form(demo).encode() == form(demo).encode()


@pytest.mark.parametrize(
    ("name", "form"), [("报告.html", to_html), ("r.HTM", to_html), ("r.md", to_markdown), ("r.json", to_json)]
)
def test_the_suffix_chooses_the_form(tmp_path: Path, name: str, form, demo: Report) -> None:
    path = write_report(demo, tmp_path / name)
    assert path.read_bytes() == form(demo).encode()
    assert os.listdir(tmp_path) == [name]  # noqa: PTH208 - names as the system gives them


def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        write_report(Report("r"), tmp_path / "r.pdf")
    assert (
        str(caught.value)
        == "cannot write a report as '.pdf'; end the name in one of .html, .htm, .md, .markdown, .json"
    )


def test_a_template_is_for_html_only(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a template is for HTML"):
        write_report(Report("r"), tmp_path / "r.md", tmp_path / "t.jinja")


def test_a_folder_that_is_not_there_is_a_file_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no folder"):
        write_report(Report("r"), tmp_path / "absent" / "r.html")


def test_a_report_that_fails_leaves_the_older_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.html"
    path.write_text("older", encoding="utf-8")

    def refuse(_self: Path, _target: Path) -> Path:
        raise PermissionError

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(FileError, match="close it in Excel"):
        write_report(Report("r", sections=[Section("s", "", [Figures([Figure("n", 1)])])]), path)
    assert path.read_text(encoding="utf-8") == "older"
    assert os.listdir(tmp_path) == ["r.html"]  # noqa: PTH208 - names as the system gives them
