"""What `export --for` writes is what the target takes; what it would refuse is told and left out."""

from __future__ import annotations

import csv
import hashlib
import io

import fastexcel
import pytest
import yaml

from crmctl.schema.presets import load_preset

HEAD = ["id", "first name", "last name", "email", "mobile", "company", "gender", "birthday", "street", "city", "country",
        "postal code", "email opt out", "notes", "tags", "owner"]  # fmt: skip
ANN = ["1", "Ann", "Lee", "Ann@Example.com", "+491525031703", "Acme", "F", "1990-02-03", "Main Street 1", "Köln", "Germany",
       "50667", "yes", "likes, commas", "vip;new", "Kim"]  # fmt: skip
TARGETS = ["salesforce", "hubspot", "google", "outlook-zh", "wecom", "excel", "google-ads"]


def person(**changes):
    known = dict(zip(HEAD, ANN, strict=True)) | changes
    return [known[name] for name in HEAD]


@pytest.fixture
def exported(cli):
    """Exports rows for a target; gives the file's rows as dictionaries, and what was said."""

    def run(target, *rows, options=(), code=0, name="out.csv", head=HEAD):
        cli.write("in.csv", rows or [ANN], head)
        done = cli("export", "in.csv", "-o", name, "--for", target, *options, code=code)
        path = cli.folder / name
        data = path.read_bytes() if path.exists() else b""
        text = data.decode("gbk" if target == "outlook-zh" else "utf-8-sig") if name.endswith(".csv") else ""
        return list(csv.DictReader(io.StringIO(text, newline=""))), done.err, data

    return run


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_gets_exactly_its_headers_in_its_encoding(cli, name):
    preset = load_preset(name)
    target = preset.target
    kind = next((name for name, table in preset.tables.items() if table.kind in ("customer", "contact")), None)
    cli.write("in.csv", [person(city="Bonn")], HEAD)
    output = "out.xlsx" if target.format == "xlsx" else "out.csv"
    cli("export", "in.csv", "-o", output, "--for", f"{name}:{kind}" if preset.tables[kind].columns else name)
    path = cli.folder / output
    wanted = [column.header for column in preset.tables[kind].columns] or HEAD
    if target.format == "xlsx":
        assert fastexcel.read_excel(path).load_sheet(0).to_polars().columns == wanted
        return
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") == target.bom
    text = data.decode("utf-8-sig" if target.bom else target.encoding)
    assert next(csv.reader(io.StringIO(text, newline=""), delimiter=target.delimiter)) == wanted
    assert text.count("\r\n") == (text.count("\n") if target.line_end == "crlf" else 0)


def test_salesforce_gets_utf8_without_mark_iso_dates_and_a_mapping_for_its_loader(exported, cli):
    rows, _, data = exported("salesforce:contact")
    assert not data.startswith(b"\xef\xbb\xbf")
    assert (rows[0]["Birthdate"], rows[0]["HasOptedOutOfEmail"], rows[0]["LastName"]) == ("1990-02-03", "TRUE", "Lee")
    mapping = (cli.folder / "out.sdl").read_text(encoding="utf-8").splitlines()
    assert mapping[0].startswith("#")
    assert [line.split("=")[0] for line in mapping[1:]] == list(rows[0])


def test_mailchimp_gets_the_address_in_one_cell_and_birthdays_without_a_year(exported):
    rows, told, _ = exported(
        "mailchimp",
        ANN,
        person(id="2", email="bö@example.com"),
        person(id="3", email="c@example.com", **{"first name": "长" * 86}),
        person(id="4", email="ANN@example.com"),
        person(id="5", email=""),
        person(id="6", email="f@example.com", **{"first name": "长" * 85}),
    )
    assert [row["Email Address"] for row in rows] == ["Ann@Example.com", "f@example.com"]
    assert rows[0]["Address"] == "Main Street 1  Köln  50667  DE"
    assert (rows[0]["Birthday"], rows[0]["Tags"]) == ("02/03", "vip,new")
    assert "in: rows 6 = written 2 + refused 4" in told
    for reason in ("other than ASCII before the @: 1", "longer than the target takes: 1", "repeated: 1", "blank: 1"):
        assert reason in told
    assert "in:3: Email Address: other than ASCII before the @" in told


def test_a_whole_name_is_put_together_where_a_row_has_only_its_parts(exported):
    head = ["id", "first name", "last name", "mobile"]
    rows = [["1", "Ann", "Lee", "13800138001"], ["2", "伟", "张", "13800138002"], ["3", "", "Ray", "13800138003"]]
    found, _, _ = exported("wecom", *rows, head=head)
    assert [row["客户名称"] for row in found] == ["Ann Lee", "张伟", "Ray"]


def test_a_target_that_lives_by_the_number_refuses_a_masked_one(exported):
    rows = [["1", "Ann", "138****8001"], ["2", "Bob", "+86 138 0013 8002"]]
    found, told, _ = exported("wecom", *rows, head=["id", "name", "mobile"])
    assert [row["客户名称"] for row in found] == ["Bob"]
    assert "in:2: 手机号: not a phone number" in told


def test_a_row_that_is_refused_anyway_does_not_take_the_place_of_its_twin(exported):
    rows, told, _ = exported("mailchimp", person(birthday="soon"), person(id="2"))
    assert len(rows) == 1
    assert "Birthday: not a date: 1" in told
    assert "repeated" not in told


def test_a_refused_cell_can_stay_empty_instead_of_its_row_out(exported):
    rows, told, _ = exported(
        "mailchimp", person(birthday="soon"), person(id="2"), person(id="3", email="bad", birthday="never"),
        person(id="4", email="d@example.com"), options=["--empty-refused"],
    )  # fmt: skip
    assert [(row["Email Address"], row["Birthday"]) for row in rows] == [
        ("Ann@Example.com", ""), ("d@example.com", "02/03"),
    ]  # fmt: skip
    assert "in: rows 4 = written 2 + refused 2" in told
    assert "rows kept with such cells empty: 1" in told
    assert "Email Address: repeated: 1" in told


def test_values_are_the_targets_words_and_others_are_refused(exported, cli):
    (cli.folder / "own.yaml").write_text(
        yaml.safe_dump({
            "name": "own",
            "tables": {"people": {"kind": "customer", "columns": [
                {"header": "Mail", "field": "email", "required": True},
                {"header": "Sex", "field": "gender", "values": {"male": "M", "female": "W"}, "allowed": ["M", "W"]},
                {"header": "Born", "field": "birthday", "date_format": "%d.%m.%Y"},
                {"header": "Land", "field": "country"},
                {"header": "Opt", "field": "opt_out_email"},
                {"header": "Kind", "value": "person"},
                {"header": "Empty"},
            ], "one_of": [["Born", "Land"]]}},
            "target": {"encoding": "cp1252", "delimiter": ";", "max_rows": 2, "booleans": ["J", "N"], "countries": "zh"},
        }, allow_unicode=True), encoding="utf-8",
    )  # fmt: skip
    people = [
        ANN, person(id="2", gender="男", birthday="1990/2/3", **{"email opt out": "0"}), person(id="3", gender="robot"),
        person(id="4", birthday="", country=""),
    ]  # fmt: skip
    _, told, _ = exported("own.yaml", *people, name="o.txt", options=["--encoding", "utf-8"])
    written = (cli.folder / "o.txt").read_bytes().decode()
    assert written.splitlines() == [
        "Mail;Sex;Born;Land;Opt;Kind;Empty",
        "Ann@Example.com;W;03.02.1990;德国;J;person;",
        "Ann@Example.com;M;03.02.1990;德国;N;person;",
    ]
    assert "Sex: none of the target's words: 1" in told
    assert "Born, Land: none of these is filled: 1" in told


def test_a_character_that_the_targets_encoding_lacks_is_refused_with_the_rest(exported):
    _, told, data = exported("outlook-zh", ANN, person(id="2", city="上海", email="b@example.com"))
    assert "a character that the encoding lacks: 1" in told
    assert "上海" in data.decode("gbk")


def test_more_rows_than_a_file_may_have_go_into_several(cli):
    preset = load_preset("mailchimp").model_dump(exclude_defaults=True)
    preset["target"] |= {"max_rows": 4}
    (cli.folder / "small.yaml").write_text(yaml.safe_dump(preset, allow_unicode=True), encoding="utf-8")
    cli.write("in.csv", [person(id=str(n), email=f"a{n}@example.com") for n in range(9)], HEAD)
    done = cli("export", "in.csv", "-o", "m.csv", "--for", "small.yaml", "--manifest")
    rows = [(cli.folder / f"m-{n}.csv").read_text(encoding="utf-8").splitlines() for n in (1, 2, 3)]
    assert [len(each) for each in rows] == [5, 5, 2]
    assert [line.split(",")[0] for each in rows for line in each[1:]] == [f"a{n}@example.com" for n in range(9)]
    assert "9 rows in 3 files" in done.err
    assert (
        "3 files cannot go to standard output" in cli("export", "in.csv", "-o", "-", "--for", "small.yaml", code=2).err
    )


def test_a_file_never_has_more_bytes_than_the_target_takes(cli):
    preset = load_preset("mailchimp").model_dump(exclude_defaults=True)
    preset["target"] |= {"max_bytes": 2000}
    (cli.folder / "small.yaml").write_text(yaml.safe_dump(preset, allow_unicode=True), encoding="utf-8")
    cli.write("in.csv", [person(id=str(n), email=f"a{n}@example.com") for n in range(60)], HEAD)
    cli("export", "in.csv", "-o", "m.csv", "--for", "small.yaml")
    files = sorted(cli.folder.glob("m-*.csv"))
    assert len(files) > 2
    assert all(path.stat().st_size <= 2000 for path in files)
    lines = [line.split(",")[0] for path in files for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    assert lines == [f"a{n}@example.com" for n in range(60)]


def test_refused_rows_are_written_out_with_the_reason_and_can_be_mended(exported, cli):
    exported("mailchimp", ANN, person(id="2", email="bad"), options=["--refused", "refused.csv"])
    refused = list(csv.DictReader((cli.folder / "refused.csv").open(encoding="utf-8")))
    assert [row["reason"] for row in refused] == ["Email Address: not an e-mail address"]
    assert [refused[0][name] for name in HEAD] == person(id="2", email="bad")


def test_strict_writes_nothing_where_a_row_would_be_refused(exported, cli):
    (cli.folder / "out.csv").write_text("old\n", encoding="utf-8")
    options = ["--strict", "--refused", "refused.csv", "--manifest"]
    _, told, data = exported("mailchimp", ANN, person(id="2", email="bad"), options=options, code=1)
    assert data == b"old\n"
    assert told.endswith("error: mailchimp would refuse 1 of 2 rows; nothing was written\n")
    assert sorted(path.name for path in cli.folder.iterdir()) == ["in.csv", "out.csv", "refused.csv"]
    exported("mailchimp", ANN, options=["--strict"])


def test_where_nothing_would_be_accepted_nothing_is_written(exported, cli):
    exported("mailchimp", person(email="bad"), code=1)
    assert not (cli.folder / "out.csv").exists()


def test_excel_gets_our_own_columns_with_a_mark_and_no_formula(exported):
    rows, _, data = exported("excel", person(notes="=1+1", tags="'=x", mobile="-5"))
    assert data.startswith(b"\xef\xbb\xbfid,first name,")
    assert (rows[0]["notes"], rows[0]["tags"], rows[0]["mobile"]) == ("'=1+1", "''=x", "-5")
    assert (rows[0]["gender"], rows[0]["country"], rows[0]["email opt out"]) == ("F", "Germany", "yes")
    _, told, _ = exported("excel", person(notes="x" * 32_768), code=1)
    assert "notes: longer than the target takes: 1" in told


def test_advertising_platforms_get_hashes_of_what_each_calls_normal(exported):
    def sha(text):
        return hashlib.sha256(text.encode()).hexdigest()

    google, _, _ = exported("google-ads", person(email="a.n.n+x@gmail.com"))
    assert google == [{"Email": sha("ann@gmail.com"), "Phone": sha("+491525031703"), "First Name": sha("ann"),
                       "Last Name": sha("lee"), "Country": "DE", "Zip": "50667"}]  # fmt: skip
    meta, told, data = exported("meta", ANN, person(id="2", email="", mobile=""), person(id="3", birthday="soon"))
    assert meta[0] == {
        "email": sha("ann@example.com"), "phone": sha("491525031703"), "fn": sha("ann"), "ln": sha("lee"),
        "ct": sha("köln"), "st": "", "zip": sha("50667"), "country": sha("de"), "dob": sha("19900203"), "gen": sha("f"),
    }  # fmt: skip
    assert meta[1]["dob"] == ""
    assert "dob: values that are not valid and have no hash: 1" in told
    assert b"xample" not in data


def test_a_target_can_be_split_by_value_as_well(exported, cli):
    rows = [person(id=str(n), email=f"a{n}@example.com", city=city) for n, city in enumerate(["Köln", "", "Bonn"])]
    exported("mailchimp", *rows, name="{city}.csv", options=["--split-by", "city"])
    assert sorted(path.name for path in cli.folder.glob("*.csv")) == ["(blank).csv", "Bonn.csv", "Köln.csv", "in.csv"]


def test_what_is_exported_for_a_target_is_read_again_with_its_preset(cli):
    cli.write("in.csv", [ANN], HEAD)
    cli("export", "in.csv", "-o", "sf.csv", "--for", "salesforce:contact")
    cli("import", "sf.csv", "--from", "salesforce", "--into", "again")
    row = cli("query", "select given_name, family_name, email, mobile, city, birthday from again").rows[0]
    assert list(row.values()) == ["Ann", "Lee", "Ann@Example.com", "+491525031703", "Köln", "1990-02-03"]
