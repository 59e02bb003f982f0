"""The three customer files look as real exports do, and their people as real people."""

import re
from collections import Counter, defaultdict

import phonenumbers
import polars as pl
import pytest
import yaml

from crmctl.resources import VOCABULARY


@pytest.fixture(scope="module")
def crm(sample, read):
    return read(sample / "crm.csv")


@pytest.fixture(scope="module")
def shop(sample, read):
    return read(sample / "shop.csv", "gb18030")


def test_the_crm_file_has_a_bom_and_english_headers(sample, crm):
    assert (
        (sample / "crm.csv")
        .read_bytes()
        .startswith(b"\xef\xbb\xbfCustomer ID,First Name,Last Name,Email,Mobile,Phone,Company")
    )
    assert list(crm[0])[-4:] == ["Created Date", "Last Activity", "Tags", "Notes"]


def test_the_shop_file_is_gb18030_with_crlf_and_chinese_headers(sample, shop):
    content = (sample / "shop.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert content.startswith(
        "会员ID,姓名,手机号,邮箱,省,市,区,详细地址,邮编,生日,性别,会员等级,注册时间".encode("gb18030")
    )
    assert content.count(b"\r\n") == len(shop) + 1


def test_the_workbook_has_instructions_above_starred_headers(sample, read_tills):
    instructions, headers, *_ = read_tills(sample / "pos.xlsx")
    assert instructions[0].startswith("填写说明")
    assert headers[:3] == ("会员卡号（必填）", "姓名（必填）", "*手机号码")


def test_the_workbook_mixes_numbers_dates_and_text(sample):
    import zipfile

    with zipfile.ZipFile(sample / "pos.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "2026-06-30T00:00:00Z" in book.read("docProps/core.xml").decode()
    mobiles = re.findall(r'<c r="C\d+"( t="inlineStr")?>', sheet)
    assert 0.1 < mobiles.count("") / len(mobiles) < 0.6
    joined = re.findall(r'<c r="N\d+"(?: s="1")?( t="inlineStr")?>', sheet)
    assert 0.2 < joined.count("") / len(joined) < 0.7


def test_the_sources_have_their_shares(truth):
    share = {source: count / truth.height for source, count in truth.group_by("source").len().rows()}
    assert share == pytest.approx({"crm": 0.45, "shop": 0.40, "pos": 0.15}, abs=0.04)


def test_a_fifth_of_the_records_are_duplicates(truth):
    assert 0.15 < 1 - truth["person"].n_unique() / truth.height < 0.25
    across = truth.group_by("person").agg(pl.col("source").n_unique().alias("sources"))
    assert 0.03 < (across["sources"] > 1).mean() < 0.2


def test_many_people_share_a_household(truth):
    people = truth.select("person", "household").unique().group_by("household").len()
    assert 0.15 < (people["len"] > 1).mean() < 0.45


def test_the_same_number_in_two_sources_is_two_people(truth):
    shared = truth.group_by("source_id").agg(pl.len().alias("records"), pl.col("person").n_unique().alias("people"))
    assert (shared["records"] > 1).sum() > 100
    assert (shared["records"] == shared["people"]).all()


def test_members_of_a_household_share_name_and_address(truth, crm):
    home = {
        row["source_id"]: (row["household"], row["person"]) for row in truth.rows(named=True) if row["source"] == "crm"
    }
    members = defaultdict(dict)
    for row in crm:
        household, person = home[row["Customer ID"]]
        members[household].setdefault(person, row)
    pairs = [list(people.values())[:2] for people in members.values() if len(people) > 1]
    same_name = [a["Last Name"].strip().lower() == b["Last Name"].strip().lower() for a, b in pairs]
    same_city = [a["Postal Code"] == b["Postal Code"] for a, b in pairs if a["Postal Code"] and b["Postal Code"]]
    assert sum(same_name) / len(pairs) > 0.5
    assert sum(same_city) / len(same_city) > 0.8


def test_father_and_son_may_bear_the_same_name(tmp_path, read):
    from crmctl.sampling import generate

    generate(tmp_path, customers=8000, seed=3)
    home = {row["source_id"]: row for row in read(tmp_path / "truth.csv") if row["source"] == "crm"}
    named = defaultdict(set)
    for row in read(tmp_path / "crm.csv"):
        who = home[row["Customer ID"]]
        named[(who["household"], row["First Name"], row["Last Name"])].add(who["person"])
    assert sum(len(people) > 1 for people in named.values()) >= 3


@pytest.mark.parametrize("pattern", [
    r"^\d{4}-\d\d-\d\d$", r"^\d\d/\d\d/\d{4}$", r"^\d{1,2}/\d{1,2}/\d\d$", r"^\d\d\.\d\d\.\d{4}$",
    r"^\d{4}年\d+月\d+日$", r"^1900-01-01$",
])  # fmt: skip
def test_birthdays_come_in_many_formats(crm, shop, pattern):
    birthdays = [row["Birthday"] for row in crm] + [row["生日"] for row in shop]
    assert any(re.match(pattern, birthday) for birthday in birthdays)


def test_chinese_names_in_the_crm_are_partly_romanised(crm):
    chinese = [row for row in crm if row["Country"] in {"China", "CN", "中国", "P.R. China"}]
    in_characters = [bool(re.search(r"[\u4e00-\u9fff]", row["Last Name"] + row["First Name"])) for row in chinese]
    assert 0.3 < sum(in_characters) / len(chinese) < 0.6


def test_most_mobiles_are_valid_in_china(shop):
    plain = [row["手机号"] for row in shop if re.fullmatch(r"1\d{10}", row["手机号"])]
    valid = [phonenumbers.is_valid_number(phonenumbers.parse(number, "CN")) for number in plain[:300]]
    assert len(plain) > 300
    assert sum(valid) / len(valid) > 0.95


def test_most_phones_are_valid_in_their_country(crm):
    regions = {"United States": "US", "United Kingdom": "GB", "Germany": "DE", "France": "FR", "China": "CN"}
    valid = Counter()
    total = Counter()
    for row in crm:
        region = regions.get(row["Country"])
        if region and len(row["Mobile"]) > 6 and "*" not in row["Mobile"]:
            total[region] += 1
            valid[region] += phonenumbers.is_valid_number(phonenumbers.parse(row["Mobile"], region))
    assert set(total) == set(regions.values())
    assert all(valid[region] / total[region] > 0.85 for region in total)


@pytest.mark.parametrize("mess", [
    "n/a", "-", "无", "test@test.com", "13800138000", "****", "info@", "１", "\n", '"', "=SUM(",
])  # fmt: skip
def test_the_usual_mess_is_there(crm, shop, mess):
    cells = [cell for row in (*crm, *shop) for cell in row.values()]
    assert any(mess in cell for cell in cells)


def test_colleagues_share_the_switchboard(crm):
    numbers = defaultdict(set)
    for row in crm:
        digits = re.sub(r"\D", "", row["Phone"])[-7:]
        if row["Company"] and len(digits) == 7:
            numbers[digits].add(row["Last Name"].casefold())
    assert max(len(names) for names in numbers.values()) >= 3


def test_some_opted_out(crm):
    out = [row["Email Opt Out"].lower() in {"true", "yes", "1"} for row in crm]
    assert 0.04 < sum(out) / len(out) < 0.13


def test_the_word_lists_are_large_and_without_repetition():
    folder = VOCABULARY / "sampling"
    latin = yaml.safe_load((folder / "names_latin.yaml").read_text(encoding="utf-8"))
    chinese = yaml.safe_load((folder / "names_chinese.yaml").read_text(encoding="utf-8"))
    family = chinese["family"]["names"].split()
    lists = [family] + [latin[code]["family"]["names"].split() for code in ("en", "de", "fr")]
    lists += [latin[code]["given"][sex].split() for code in ("en", "de", "fr") for sex in ("male", "female")]
    assert [word for words in lists for word, count in Counter(words).items() if count > 1] == []
    assert len(family) >= 150
    assert len(lists[1]) >= 150
    assert len(latin["en"]["given"]["male"].split() + latin["en"]["given"]["female"].split()) >= 200
    places = pl.read_csv(folder / "places.csv", infer_schema=False)
    assert places.height >= 100
    assert set(places["culture"]) == {"US", "GB", "DE", "FR", "CN"}
