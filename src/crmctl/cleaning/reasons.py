"""What cleaning says of a cell: statuses, levels, and every reason. The phrases are stable: counts group by them."""

from __future__ import annotations

from typing import Literal

Status = Literal["ok", "fixed", "ambiguous", "invalid", "damaged", "masked", "placeholder"]
Level = Literal["safe", "likely"]
LEVELS: tuple[Level, ...] = ("safe", "likely")

# Repairs: the value changed and its meaning did not.
BLANKS = "surrounding blanks"
INNER_BLANKS = "blanks inside"
INVISIBLE = "invisible characters"
WIDTH = "full-width characters"
CASE = "case"
FORMAT = "format"
PHONE_FORMAT = "phone format"
PHONE_EXTENSION = "phone extension"
PHONE_REGION = "phone region assumed"
DATE_FORMAT = "date format"
DATE_SERIAL = "spreadsheet date number"
DATE_ORDER = "day and month order of the column"
CENTURY = "two-digit year completed"
TIME_ZONE = "time zone"
SPREADSHEET_NUMBER = "spreadsheet number"
THOUSANDS = "thousands marks"
CURRENCY_SIGN = "currency sign"
NUMBER_WORD = "number word"
DECIMAL_COMMA = "decimal comma"
SEPARATORS = "separators"
KNOWN_WORD = "known word"
ENCODING = "text read in a wrong encoding"

# Placeholders: the first became missing, the second stayed.
MEANS_MISSING = "means missing"
PLACEHOLDER = "placeholder value"

# Ambiguous: more than one reading, so the value stays.
SEVERAL_VALUES = "several values"
NO_REGION = "no region known"
OTHER_REGION = "does not fit the country"
DAY_OR_MONTH = "day or month first"
TWO_DIGIT_YEAR = "two-digit year"
HAS_TIME = "has a time of day"
SEVERAL_MEANINGS = "several meanings"

# Masked: somebody hid a part of the value on purpose; the status has the same name.
MASKED = "masked"

# Damaged: part of the value was lost before it came here.
LOST_CHARACTERS = "characters lost to a wrong encoding"
LOST_DIGITS = "digits lost in a spreadsheet"

# Invalid: no reading at all.
NOT_EMAIL = "not a valid e-mail"
NOT_PHONE = "not a valid phone number"
NOT_DATE = "not a date"
IMPOSSIBLE_DATE = "impossible date"
INCOMPLETE_DATE = "incomplete date"
NOT_NUMBER = "not a number"
NOT_WHOLE = "not a whole number"
NOT_KNOWN = "not a known word"
NOT_URL = "not a web address"
WRONG_SHAPE = "wrong length or characters"
WRONG_CHECKSUM = "wrong check digit"
