"""Odd e-mail addresses, seeded: whatever mail programs, people and standards have come up with."""

from __future__ import annotations

import random

LOCALS = (
    "a", "li.lei", "Li.Lei", "LI", "o'neil+tag", "first.middle.last", "user+mailbox/department=shipping",
    "!#$%&'*+-/=?^_`{|}~", ".a", "a.", "a..b", "a b", "a,b", "a;b", "a:b", "a(comment)b", "(comment)a", "a\\b", "a<b",
    '"a"', '"a b"', '"a@b"', '"a\\"b"', '"a', 'a"b"', '""', "", "李雷", "é", "e\u0301", "josé", "\u0301a",
    "ﬁ", "Ⅷ", "😀",
    "a\u00a0b", "a\u200bb", "a\tb", "a\nb", "info", "INFO", "Postmaster", "WWW", "Abuse", "sales", "noc1",
    "a" * 64, "a" * 65, "a" * 200, "1", "-", "--", "_", "a-", "xn--a", "mailto:a", "*a", "a*b", "a%b", "a@b", "\u0131",
    "İ", "ß", "ﬀ", "A\u030a", "мария", "ἀ", "a\u2028b", "a\x7fb", "\ue000",
)  # fmt: skip
DOMAINS = (
    "x.com", "X.Com", "QQ.COM", "mail.example.co.uk", "x", "localhost", "x.localhost", "x.local", "x.test", "test",
    "x.invalid", "x.onion", "1.arpa", "arpa", "example", "x.example", "example.com", "x.c", "x.1", "x.c1", "x.1c",
    "1.com", "123.456", "x..com", ".x.com", "x.com.", "x.com..", "-x.com", "x-.com", "x.-com", "x.com-", "x--y.com",
    "ab--y.com", "xn--y.com", "xn--fiqs8s", "x.xn--fiqs8s", "XN--FIQS8S.cn", "axn--b.com", "xn--.com", "xn--a-.com",
    "例子.中国", "例子.com", "bücher.de", "BÜCHER.de", "faß.de", "x。com", "x．com", "x｡com", "ｘ.com", "x_y.com",
    "x y.com", "x,com", "x/y.com", "x.com/y", "x:25.com", "x.com:25", "[127.0.0.1]", "[IPv6:::1]", "[x]", "[]",
    "[300.1.1.1]",
    "127.0.0.1", "x@y.com", "x.com(comment)", "(comment)x.com", "x.com ", " x.com", "x.com>", "<x.com", '"x".com',
    "l" * 63 + ".com", "l" * 64 + ".com", ".".join(["l" * 60] * 4) + ".com", ".".join(["abcdefgh"] * 27) + ".com",
    ".".join(["abcdefgh"] * 29) + ".com", "", "com", "x.co m", "x.com\n", "x\u200b.com", "x\u00ad.com", "☃.com",
    "😀.com",
    "א.com", "1.אב.com", "a\u0301.com", "٠.com", "x.中国", "x.рф", "x.COM", "x.tEst", "x.LOCAL", "x.museum",
    "a.b.c.d.e.f.g",
    "x.com;", "x.com,", "xn--80ak6aa92e.com", "xn--zca.de", "x.xn--p1ai", "ㅤ.com", "x‑y.com", "x–y.com", "ⅷ.com",
    "K.com",
)  # fmt: skip
AROUND = ("{}", "{}", "{}", "{}", "<{}>", "mailto:{}", "Li Lei <{}>", '"Li, Lei" <{}>', "{}.", "{};", "({})", "{} {}",
          "{},{}", "'{}'", "{}>", "<{}", "{} (work)", "李雷 <{}>", "{}@")  # fmt: skip
PIECES = [*"abcXYZ019.-_+@@@ \"'<>()[]\\,;:*!é中İß。", "xn--", ".com", "..", "--", "@x.", ".test", "\u0301", "\u200d"]


def odd_addresses(seed: int = 7) -> list[str]:
    """All pairs of parts, some of them wrapped or cut up, and random strings of what addresses are made of."""
    chance = random.Random(seed)  # noqa: S311 - seeded test data
    pairs = [f"{local}@{domain}" for local in LOCALS for domain in DOMAINS]
    wrapped = [chance.choice(AROUND).format(pair, chance.choice(pairs)) for pair in chance.sample(pairs, 2_000)]
    cut = []
    for pair in chance.sample(pairs, 2_000):
        place = chance.randrange(len(pair))
        cut.append(pair[:place] + chance.choice([*PIECES, ""]) + pair[place + chance.randrange(2) :])
    random_ones = ["".join(chance.choices(PIECES, k=chance.randint(1, 18))) for _ in range(2_000)]
    plain = [f"user{n}@{chance.choice('abc')}{n % 97}.{chance.choice(['com', 'COM', 'co.uk'])}" for n in range(500)]
    return list(dict.fromkeys([*pairs, *wrapped, *cut, *random_ones, *plain]))
