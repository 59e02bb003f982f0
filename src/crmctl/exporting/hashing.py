"""Values that go to advertising platforms as SHA-256 only: the normal form that each platform asks for, and the hash.

Normal forms: Google's "Formatting guidelines for uploading hashed data", Meta's "Customer information parameters".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crmctl.sql import SQL, sql

_EMAIL = r"^[^\s@,;<>*]+@[^\s@,;<>*.]+(\.[^\s@,;<>*.]+)+$"
_E164 = r"^\+[1-9][0-9]{6,14}$"
# Google delivers mail to one box whatever the dots, and whatever stands behind a plus sign.
_GOOGLE = r"^([^@+]+)(?:\+[^@]*)?@(gmail\.com|googlemail\.com)$"


def _email(cell: SQL) -> SQL:
    address = sql("lower(trim({cell}))", cell=cell)
    return sql("case when regexp_matches({a}, {valid}) then {a} end", a=address, valid=_EMAIL)


def _gmail(cell: SQL) -> SQL:
    address = _email(cell)
    return sql(
        "case when regexp_matches({a}, {google}) then replace(regexp_extract({a}, {google}, 1), '.', '') || '@' ||"
        " regexp_extract({a}, {google}, 2) else {a} end",
        a=address, google=_GOOGLE,
    )  # fmt: skip


def _phone(cell: SQL) -> SQL:
    return sql("case when regexp_matches(trim({cell}), {e164}) then trim({cell}) end", cell=cell, e164=_E164)


def _digits(cell: SQL) -> SQL:
    return sql("({phone})[2:]", phone=_phone(cell))


def _letters(cell: SQL) -> SQL:
    return sql(r"regexp_replace(lower({cell}), '[\s\p{{P}}\p{{S}}\p{{N}}]+', '', 'g')", cell=cell)


def _postal_code(cell: SQL) -> SQL:
    """Without blanks and dashes; of an American code only the first five digits."""
    return sql(
        r"case when regexp_matches(trim({cell}), '^\d{{5}}-\d{{4}}$') then left(trim({cell}), 5)"
        r" else regexp_replace(lower({cell}), '[\s-]+', '', 'g') end",
        cell=cell,
    )


def _text(cell: SQL) -> SQL:
    return sql("lower(trim({cell}))", cell=cell)


FORMS: Mapping[str, Callable[[SQL], SQL]] = {
    "email": _email, "gmail": _gmail, "phone": _phone, "digits": _digits, "letters": _letters,
    "postal_code": _postal_code, "text": _text,
}  # fmt: skip
"""Normal forms by name. Each gives NULL for a value that is not valid, and takes phones as E.164."""

FORM_OF_TYPE: Mapping[str, str] = {"email": "email", "phone": "phone", "mobile": "phone"}
"""The form of a field whose platform is not named, by semantic type; any other type is `text`."""


def hashed(cell: SQL, form: str) -> SQL:
    """The SHA-256 of a cell's normal form in hexadecimal, lower case; NULL where the cell is blank or not valid."""
    return sql("sha256(nullif({normal}, ''))", normal=FORMS[form](cell))
