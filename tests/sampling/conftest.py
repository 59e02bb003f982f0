import csv
import io

import fastexcel
import polars as pl
import pytest

from crmctl.sampling import generate


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """A folder with a sample of 3,000 customers."""
    out = tmp_path_factory.mktemp("sample")
    generate(out, customers=3000, seed=7)
    return out


def rows(path, encoding="utf-8-sig"):
    """The records of a CSV, read by Python's own reader."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding), newline="")))


def tills(path):
    """All cells of the workbook as text, instructions and headers included."""
    sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string")
    return sheet.to_polars().rows()


def customer_ids(out):
    """The source and number of every customer record in the three files."""
    found = [("crm", row["Customer ID"]) for row in rows(out / "crm.csv")]
    found += [("shop", row["会员ID"]) for row in rows(out / "shop.csv", "gb18030")]
    return found + [("pos", cells[0]) for cells in tills(out / "pos.xlsx")[2:]]


@pytest.fixture(scope="session")
def truth(sample):
    return pl.read_csv(sample / "truth.csv", infer_schema=False)


@pytest.fixture(scope="session")
def read():
    return rows


@pytest.fixture(scope="session")
def read_tills():
    return tills


@pytest.fixture(scope="session")
def all_ids():
    return customer_ids
