"""Spellings of one header are equal; different headers are not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.schema import normalise_header


@pytest.mark.parametrize(
    ("header", "folded"),
    [
        ("First_Name", "firstname"),
        ("E-Mail", "email"),
        ("Ｅｍａｉｌ：", "email"),
        ("\ufeff* 姓名（必填）", "姓名"),
        ("备注（选填）", "备注"),
        ("(必 填) 手机", "手机"),
        ("No. of Employees", "noofemployees"),
        ("Assistant's Name", "assistantsname"),
        ("手机\n号码", "手机号码"),
        ("金额（元）", "金额"),
        ("Price (USD)", "price"),
        ("生日(YYYY-MM-DD)", "生日"),
        ("电话(家)", "电话(家)"),
        ("合同金额(万元)", "合同金额(万元)"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("", ""),
        ("*：", ""),
        ("Order #", "order#"),
    ],
)
def test_a_header_is_folded(header, folded):
    assert normalise_header(header) == folded


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("（）()必填*_- ")), max_size=20))
def test_folding_a_folded_header_changes_nothing(header):
    assert normalise_header(normalise_header(header)) == normalise_header(header)
