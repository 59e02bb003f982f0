"""Values that somebody hid a part of before they came here: `138****1234`, `张*`, `a***@b.com`, virtual numbers.

Patterns for RE2 and for Rust's regular expressions alike. What follows from it is cleaning's and matching's.
"""

from __future__ import annotations

from crmctl.sql import SQL, Composable, sql

STAR = r"[*＊●•×]"
"""A sign that stands for a hidden one."""
PHONE = rf"[0-9][\s\-]*{STAR}|{STAR}[\s\-]*[0-9]|[0-9][xX]{{3,}}[0-9]*$"
"""A hidden part of a phone number."""
VIRTUAL = r"^(?:\+?86[\s\-]?)?1[3-9][0-9]{9}\s*(?:转|轉|[-_,，#]|ext\.?|分机)\s*[0-9]{3,5}$"
"""A mainland mobile with an extension: a number that a platform lends for one order."""
NAME = rf"^\p{{Han}}{{1,3}}(?:{STAR}+|某+)\p{{Han}}{{0,2}}$|^{STAR}+\p{{Han}}{{1,3}}$|^\p{{L}}+{STAR}{{2,}}\p{{L}}*$"
"""A hidden part of a name."""


def masked(text: Composable) -> SQL:
    """True where any value of any sort has a hidden part; false for NULL."""
    return sql("coalesce(regexp_matches({t}, {star}) or {phone}, false)", t=text, star=STAR, phone=masked_phone(text))


def masked_phone(text: Composable) -> SQL:
    """True where a phone number has a hidden part, or is a virtual one; false for NULL."""
    return sql(
        "coalesce(regexp_matches({t}, {phone}) or regexp_matches(trim({t}), {virtual}), false)",
        t=text, phone=PHONE, virtual=VIRTUAL,
    )  # fmt: skip
