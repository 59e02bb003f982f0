"""`report` writes a page in three forms; `export` writes rows in the shape that is asked for."""

from __future__ import annotations

import json

import fastexcel
import pytest

HEAD = ["id", "name", "手机", "city", "Total Spent", 'e "mail"']
ROWS = [
    ["1", "Zoe", "13910284471", "Berlin", "100.5", "=1+1"],
    ["2", "Ann", "007", "Leeds", "20", "a,b"],
    ["3", "Bob", "", "Berlin", "3", 'say "x"'],
    ["4", "Cyd", "", "", "", ""],
]


@pytest.fixture
def people(cli, once):
    def build():
        cli.write("p.csv", ROWS, HEAD)
        cli("import", "p.csv", "--into", "people")

    return once("export", build)


def lines(answer):
    return answer.out.splitlines()


def test_a_dataset_comes_out_under_field_names_and_a_file_under_its_own_headers(people):
    assert lines(people("export", "people", "-o", "-"))[0] == 'id,full_name,mobile,city,total_spent,"e ""mail"""'
    assert people("export", "p.csv", "-o", "-").data == (people.folder / "p.csv").read_bytes()


def test_labels_head_the_columns_in_the_language_of_the_messages(people):
    assert lines(people("export", "people", "-o", "-", "--labels", "--columns", "id,city"))[0] == "Customer ID,City"
    chinese = people("--lang", "zh", "export", "people", "-o", "-", "--labels", "--columns", "id,手机,Total Spent")
    assert lines(chinese)[0] == "客户编号,手机,累计消费"


def test_rows_are_chosen_sorted_and_limited(people):
    def out(*options):
        return [line.split(",")[0] for line in lines(people("export", "people", "-o", "-", *options))[1:]]

    assert out("--where", "city = Berlin") == ["1", "3"]
    assert out("--where", "`Total Spent` >= 20 and city is not missing") == ["1", "2"]
    assert out("--sort", "name") == ["2", "3", "4", "1"]
    assert out("--sort", "-total_spent") == ["1", "2", "3", "4"]
    assert out("--sort", "city,-name") == ["1", "3", "2", "4"]
    assert out("--sort", "total_spent") == ["3", "2", "1", "4"]
    assert out("--sort", "-id", "--limit", "2") == ["4", "3"]
    assert out("--limit", "0") == []


def test_columns_come_in_the_order_they_are_named_by_header_label_or_field(people):
    done = people("export", "people", "-o", "-", "--columns", "City,手机,name", "--limit", "1")
    assert lines(done) == ["city,mobile,full_name", "Berlin,13910284471,Zoe"]
    wrong = people("-q", "export", "people", "-o", "-", "--columns", "ctiy", code=2)
    assert "did you mean 'city'?" in wrong.err
    negative = people("-q", "export", "people", "-o", "-", "--limit", "-1", code=2)
    assert negative.err == "error: -1 is no number of rows; give --limit a number from 0 on\n"


def test_a_workbook_keeps_phones_and_ids_as_text_and_numbers_as_numbers(people):
    people("export", "people", "-o", "p.xlsx", "--as-of", "2026-01-31")
    sheet = fastexcel.read_excel(people.folder / "p.xlsx").load_sheet(0).to_polars()
    assert sheet.columns == ["id", "full_name", "mobile", "city", "total_spent", 'e "mail"']
    assert sheet["mobile"].to_list()[:2] == ["13910284471", "007"]
    assert sheet["total_spent"].to_list() == [100.5, 20.0, 3.0, None]
    assert sheet['e "mail"'].to_list()[0] == "=1+1"
    first = (people.folder / "p.xlsx").read_bytes()
    people("export", "people", "-o", "p.xlsx", "--as-of", "2026-01-31")
    assert (people.folder / "p.xlsx").read_bytes() == first


@pytest.mark.parametrize("name", ["p.csv", "p.tsv", "p.ndjson", "p.json", "p.parquet", "p.xlsx"])
def test_what_is_exported_can_be_imported_again_unchanged(people, name):
    people("export", "people", "-o", f"out-{name}")
    people("import", f"out-{name}", "--into", "again", "--source", "p")
    query = 'select id, full_name, mobile, city, total_spent, "e ""mail""" as e from {}'
    assert people("query", query.format("again")).out == people("query", query.format("people")).out


def test_the_format_follows_the_suffix_or_what_is_said(people):
    people("export", "people", "-o", "plain.txt", "--format", "ndjson", "--columns", "id,total_spent")
    text = (people.folder / "plain.txt").read_text(encoding="utf-8")
    assert json.loads(text.splitlines()[0]) == {"id": "1", "total_spent": 100.5}


def test_an_existing_file_is_replaced_only_when_all_is_written(people):
    target = people.folder / "out.csv"
    target.write_text("old\n", encoding="utf-8")
    people("export", "people", "-o", "out.csv", "--where", "nope = 1", code=2)
    assert target.read_text(encoding="utf-8") == "old\n"
    people("export", "people", "-o", "out.csv")
    assert target.read_text(encoding="utf-8").startswith("id,")
    assert [path.name for path in people.folder.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("suffix", [".html", ".md", ".json"])
def test_a_report_tells_of_the_data_in_every_form_and_twice_the_same(people, suffix):
    people("clean", "people")
    for name in ("a", "b"):
        people("report", "people", "p.csv", "-o", name + suffix, "--title", "Our people", "--as-of", "2026-01-31")
    first = (people.folder / ("a" + suffix)).read_text(encoding="utf-8")
    assert first == (people.folder / ("b" + suffix)).read_text(encoding="utf-8")
    assert "Our people" in first
    assert "2026-01-31" in first
    if suffix == ".json":
        assert json.loads(first)["title"] == "Our people"
    if suffix == ".html":
        assert "<script" not in first
        assert "http://" not in first.replace("http://www.w3.org", "")


def test_a_chinese_report_is_chinese(people):
    people("--lang", "zh", "report", "people", "-o", "r.md")
    text = (people.folder / "r.md").read_text(encoding="utf-8")
    assert "客户" in text


def test_a_report_of_an_unknown_form_is_refused(people):
    done = people("-q", "report", "people", "-o", "r.docx", code=2)
    assert ".html" in done.err
    assert not (people.folder / "r.docx").exists()
