"""Every region's example numbers of every type, written in dozens of right and wrong ways, seeded."""

from __future__ import annotations

import random
from functools import cache

import phonenumbers

KEYS = {"2": "ABC", "3": "DEF", "4": "GHI", "5": "JKL", "6": "MNO", "7": "PQRS", "8": "TUV", "9": "WXYZ"}
PREFIXES = (
    "", "", "", "+{code}", "+{code}", "00{code}", "011{code}", "0086", "{code}", "{trunk}", "{trunk}", "{trunk}{trunk}",
    "+{code}{trunk}", "+{code} ({trunk})", "0", "00", "8~10{code}", "810{code}", "++{code}", "+ {code} ", "(+{code})",
    "+00{code}", "+0", "+{code}+", "{code}{trunk}", "0 {code} ", "15", "031", "1", "0011{code}", "9", "+999", "90",
)  # fmt: skip
SEPARATORS = " -.()/[]~,;:_*#+x\u2011\u2013\u00b7\u3000\u00a0\u30fc\t"
EXTENSIONS = (
    " x{}", " ext. {}", "ext {}", ";ext={}", " #{}", " extension {}", ",{}", ",,{}", " доб. {}", " int {}", " - {}#",
    "x:{}", " ext.: {}", " Ext {}#", "x {}/x2", "~{}", " anexo {}", " xtn{}", "X{}", "#{}",
)  # fmt: skip
AROUND = (
    "tel:{}", "Tel: {}", "电话：{}", "({})", "{} ", "{}.", "{} (home)", "tel:{};isub=12", "call {} now", "M {}", "{},",
    "#{}", "*{}", "{} *", "{}_", "手机{}", "abc{}", "{}；", "{}+", "tel:{};phone-context=+1",
    "tel:{};phone-context=x.com",
)  # fmt: skip


@cache
def examples() -> tuple[tuple[str | None, int, str], ...]:
    """Region (None for codes that belong to none), calling code and national number of all examples."""
    found: dict[tuple[str | None, int, str], None] = {}
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        kinds = (phonenumbers.example_number_for_type(region, kind) for kind in range(11))
        for number in filter(None, [phonenumbers.example_number(region), *kinds]):
            found[region, number.country_code, phonenumbers.national_significant_number(number)] = None
    for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS):
        number = phonenumbers.example_number_for_non_geo_entity(code)
        if number:
            found[None, code, phonenumbers.national_significant_number(number)] = None
    return tuple(found)


def mutations(count: int, seed: int = 1, *, full_width: bool = True) -> list[tuple[str, str | None]]:
    """Texts with the default region that they are read in.

    Args:
        count: How many; the examples come in turn.
        seed: Of the random numbers.
        full_width: Some of them in full-width forms.
    """
    chance = random.Random(seed)  # noqa: S311 - seeded test data
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    all_examples = examples()
    made = []
    for number in range(count):
        region, code, national = all_examples[number % len(all_examples)]
        text = _written(chance, region, code, _spoilt(chance, national))
        if full_width and chance.random() < 0.05:
            text = "".join(chr(ord(letter) + 0xFEE0) if letter in "0123456789+-()" else letter for letter in text)
        if chance.random() < 0.01:
            text = "".join(chr(0x660 + int(letter)) if letter in "0123456789" else letter for letter in text)
        which = chance.random()
        default = None if which < 0.04 else chance.choice(regions) if which < 0.16 or region is None else region
        made.append((text, default))
    return made


def _spoilt(chance: random.Random, national: str) -> str:
    """The number, or one with a digit wrong, missing, doubled or in another place."""
    digits = list(national)
    for _ in range(chance.choice([0, 0, 0, 1, 2])):
        place = chance.randrange(len(digits) - 1)
        match chance.randrange(4):
            case 0:
                digits[place] = chance.choice("0123456789")
            case 1 if len(digits) > 2:
                digits.pop(place)
            case 2:
                digits.insert(place, chance.choice("0123456789"))
            case _:
                digits[place], digits[place + 1] = digits[place + 1], digits[place]
    return "".join(digits)


def _written(chance: random.Random, region: str | None, code: int, national: str) -> str:
    data = phonenumbers.PhoneMetadata.metadata_for_region(region) if region else None
    trunk = (data.national_prefix if data else None) or ""
    text = chance.choice(PREFIXES).format(code=code, trunk=trunk) + chance.choice(["", "", "", " ", "-"])
    text += _punctuated(chance, national)
    match chance.randrange(12):
        case 0:
            length = chance.choice([1, 2, 3, 4, 4, 5, 7, 9, 10, 16])
            text += chance.choice(EXTENSIONS).format("".join(chance.choices("0123456789", k=length)))
        case 1:
            text = chance.choice(AROUND).format(text)
    return text


def _punctuated(chance: random.Random, national: str) -> str:
    first, second, third = national[:3], national[3:6], national[6:]
    match chance.randrange(14):
        case 0:
            return f"{first} {second} {third}"
        case 1:
            return f"{first}-{second}-{third}"
        case 2:
            return f"({first}) {second}-{third}"
        case 3:
            return f"{national[:4]}.{national[4:7]}.{national[7:]}"
        case 4:
            return f"{national[:4]}/{national[4:]}"
        case 5:
            return "  ".join(national[place : place + 2] for place in range(0, len(national), 2))
        case 6:
            letters = [
                chance.choice(KEYS[digit]) if digit in KEYS and place > 2 and chance.random() < 0.7 else digit
                for place, digit in enumerate(national)
            ]
            return "".join(letters) if chance.random() < 0.5 else "".join(letters).lower()
        case 7:
            return f"[{national[:2]}]{national[2:]}"
        case 8:
            return first + chance.choice(SEPARATORS) + second + third
        case _:
            return national
