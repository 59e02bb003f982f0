"""Which normaliser reads which semantic type. A type that is not here passes through cleaning untouched."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from crmctl.cleaning import china_ids, codes, number, text
from crmctl.cleaning.boolean import BOOLEAN
from crmctl.cleaning.country import COUNTRY
from crmctl.cleaning.currency import CURRENCY
from crmctl.cleaning.date import DATE, DATETIME
from crmctl.cleaning.email import EMAIL
from crmctl.cleaning.gender import GENDER
from crmctl.cleaning.normaliser import Normaliser, known_suspects
from crmctl.cleaning.phone import PHONE
from crmctl.cleaning.tags import TAGS
from crmctl.cleaning.url import URL

NORMALISERS: Mapping[str, Normaliser] = {
    "text": text.TEXT, "notes": text.NOTES, "enum": text.ENUM, "language": text.TEXT, "wechat": text.TEXT,
    "name": text.NAME, "given_name": text.NAME, "family_name": text.NAME, "company": text.LINE, "job_title": text.LINE,
    "street": text.LINE, "district": text.LINE, "city": text.LINE, "region": text.LINE,
    "email": EMAIL, "phone": PHONE, "mobile": PHONE, "url": URL, "tags": TAGS,
    "country": COUNTRY, "gender": GENDER, "currency": CURRENCY, "boolean": BOOLEAN,
    "id": codes.ID, "postal_code": codes.POSTAL_CODE, "vat": codes.VAT,
    "uscc": china_ids.USCC, "id_card": china_ids.ID_CARD,
    "date": DATE, "datetime": DATETIME,
    "integer": number.INTEGER, "number": number.NUMBER, "money": number.MONEY, "percent": number.PERCENT,
}  # fmt: skip


@cache
def suspect_values(semantic_type: str) -> frozenset[str]:
    """Stopgap values of a type that many records share by chance, in lower case: as typed, and as cleaning writes them.

    Compare the lower-cased cell with them; empty for types that have none.
    """
    normaliser = NORMALISERS.get(semantic_type)
    return known_suspects(semantic_type, normaliser) if normaliser else frozenset()
