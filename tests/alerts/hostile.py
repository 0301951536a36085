"""Strings that people who wish harm put into titles, addresses and names."""

import itertools

CONTROLS = [chr(code) for code in (*range(0x20), 0x7F, 0x85, 0x9B, 0x9C, 0xAD)]
FORMATS = ["\u202e", "\u202d", "\u2066", "\u2067", "\u2068", "\u2069", "\u200b", "\u200f", "\u061c", "\u2028", "\u2029"]
FORMATS += ["\ufeff", "\u2060", "\u180e", "\U000e0041", "\U000e007f", "\ue000", "\ufffe", "\ud800"]
HEADERS = [
    "x\r\nBcc: e@evil.test",
    "x\nBcc: e@evil.test",
    "x\r\n\r\n<h1>Click here</h1>",
    "=?utf-8?q?x=0D=0ABcc:_e@evil.test?=",
    "=?utf-8?b?eA0KQmNjOiBlQGV2aWwudGVzdA==?=",
    "=?utf-8?q?=0D=0A=0D=0Abody?=@evil.test",
    "a@b.test, e@evil.test",
    "a@b.test\r\nRCPT TO:<e@evil.test>",
    ".\r\nMAIL FROM:<e@evil.test>",
    "\r\n.\r\n",
]
TEMPLATES = [
    "{{ 7*7 }}",
    "{% for x in range(9) %}x{% endfor %}",
    "{{ label.__class__ }}",
    "{0.__class__}",
    "%s%n",
    "${7*7}",
]
MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "](javascript:alert(1))",
    "&lt;b&gt;",
    "\x1b[2J\x1b[31m",
]
LOOKALIKES = ["раураl.example", "telegrаm.org", "t.me.evil.test", "ｔ.ｍｅ", "xn--80ak6aa92e.com", "t。me"]
LONG = ["A" * 5000, "가" * 5000, "e\u0301" * 2000, "Z" + "\u0300" * 500, " " * 3000 + "x"]
CORES = [*HEADERS, *TEMPLATES, *MARKUP, *LOOKALIKES, *LONG]

SIGNS = [*CONTROLS, *FORMATS]
TYPESET = [
    '#read("/etc/passwd")',
    '#import "@preview/x:1.0.0"',
    "$x^2$ *b* = H",
    "@ref <label> \\ //",
    "#set page(fill: red)",
]
ENCODED = [
    "%0d%0aBcc:%20e@evil.test",
    "&#13;&#10;Bcc: e@evil.test",
    "\\r\\nBcc: e@evil.test",
    "=?utf-7?q?+AA0-?=",
    "%E2%80%AE",
]


def made() -> list[str]:
    """Every core text with every sign before, inside and after it, and the cores as they are: more than 4,000."""
    texts = [*CORES[:-5], *TYPESET, *ENCODED]
    with_signs = [
        text
        for sign, core in itertools.product(SIGNS, texts)
        for text in (sign + core, core[: len(core) // 2] + sign + core[len(core) // 2 :], core + sign)
    ]
    return list(dict.fromkeys([*CORES, *TYPESET, *ENCODED, *(f"a{sign}b" for sign in SIGNS), *with_signs]))


STRINGS = made()
