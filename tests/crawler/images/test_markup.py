"""Untrusted markup: read in bounded time, as browsers would, or refused by name."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.images import Unreadable, links, pictures, see
from crawler.images.markup import xml_tree

HOSTILE = {
    "open brackets": "<" * 300_000,
    "open tags": "<a " * 100_000,
    "open quotes": '<a b="' * 60_000,
    "mixed quotes": "<a b='<a c=\"" * 40_000,
    "open comments": "<!--" * 80_000,
    "closed pages": "</html" * 80_000,
    "open scripts": "<script>" * 50_000,
    "backslashes in a script": "<script>" + "\\" * 300_000 + "</script>",
    "one long word in a script": "<script>" + "a" * 300_000 + ".jpg</script>",
    "dots in a script": "<script>" + ".jpg" * 80_000 + "</script>",
    "colons in a script": "<script>" + "a:" * 150_000 + "</script>",
    "open url()": "<style>" + "url(" * 80_000 + "</style>",
    "open url() quotes": "<style>" + "url(\"url('" * 40_000 + "</style>",
    "open image-set": "<style>" + "image-set(" * 40_000 + "</style>",
    "open font-face": "<style>" + "@font-face{" * 40_000 + "</style>",
    "open imports": "<style>" + "@import " * 40_000 + "</style>",
    "open css comments": "<style>" + "/*" * 150_000 + "</style>",
    "deep json": '<script type="application/ld+json">' + "[" * 150_000 + "</script>",
    "deep boxes": "<div>" * 60_000,
    "nested pictures": "<picture><source srcset=a>" * 5_000 + "<img>" * 2_000,
    "srcset of commas": '<img srcset="' + "," * 300_000 + '">',
    "srcset of brackets": '<img srcset="a ' + "(" * 300_000 + '">',
    "many pictures": "<img src=a.jpg?%d>" * 20_000,
    "folds in folds": "<!-- " * 50 + "<textarea>" * 20_000,
    "entities": "<p>" + "&amp;" * 60_000 + " http://x.example/a.jpg",
}


def reason_not_to_read(untrusted: bytes | str) -> str:
    """Read a page; return the name of its refusal, "" when it was read. Any other error is the test's failure."""
    try:
        see(untrusted, "https://site.example/")
    except Unreadable as refused:
        return refused.reason
    return ""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_markup_is_read_or_refused_in_a_moment(name):
    started = time.process_time()
    reason_not_to_read(HOSTILE[name])
    assert time.process_time() - started < 2.0


@pytest.mark.parametrize(
    "tag",
    [
        "<a " + " ".join(f"a{n}=1" for n in range(100_000)) + ">",
        "<a " + " ".join(f"a{n}" for n in range(100_000)) + ">",
        "<a/" + "/".join(f"a{n}" for n in range(100_000)) + ">",
        '<a x=">" ' + " ".join(f'a{n}=">"' for n in range(100_000)) + ">",
        "<script>'<a b=\"'</script><a " + " ".join(f"a{n}" for n in range(100_000)) + ">",
    ],
    ids=["values", "names", "slashes", "brackets in quotes", "after a script with an open quote"],
)
def test_a_tag_with_100_000_attributes_is_refused_before_the_parser_sees_it(tag):
    started = time.process_time()
    with pytest.raises(Unreadable) as refused:
        see(f"<p>{tag}x", "https://site.example/")
    assert refused.value.reason == "endless-tag"
    assert time.process_time() - started < 1.0


def test_a_long_page_of_ordinary_tags_is_no_endless_tag():
    page = '<p class="a b c" title="x > y">words and words</p>' * 20_000 + "<img src=a.jpg>"

    assert len(pictures(page, "https://site.example/")) == 1


def test_pictures_lie_where_a_browser_would_look_for_them():
    assert [p.url for p in pictures('<base href="/m/"><img src="\\a.jpg">', "https://site.example/x/")] == [
        "https://site.example/a.jpg"
    ]


def test_links_and_pictures_are_each_given_once():
    page = '<a href="/n">1</a><a href="/n#2">2</a><img src="/p.jpg"><img src="/p.jpg#2">'

    assert links(page, "https://site.example/") == ["https://site.example/n"]
    assert len(pictures(page, "https://site.example/")) == 1


@pytest.mark.parametrize(
    "address", ["http://user:word@site.example/a.jpg", "ftp://site.example/a.jpg", "http://[::1/a.jpg"]
)
def test_an_address_nobody_should_fetch_is_counted_and_left_out(address):
    seen = see(f'<img src="{address}">', "https://site.example/")

    assert (seen.pictures, seen.refusals) == ((), {"bad-address": 1})


@pytest.mark.parametrize(
    "document",
    [
        b"<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><rss><item><link>http://x.example/&a;</link></item></rss>",
        b"<!DOCTYPE r [<!ENTITY a 'xxxxxxxxxx'>"
        + b"".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>".encode() for n in range(9))
        + b"]><rss>&j;</rss>",
        b"<!DOCTYPE r SYSTEM 'http://127.0.0.1:1/x.dtd'><rss/>",
    ],
    ids=["outside file", "a billion laughs", "outside definition"],
)
def test_entities_of_xml_are_neither_fetched_nor_unfolded(document):
    started = time.process_time()
    try:
        text = "".join(xml_tree(document).itertext())
    except Unreadable:
        text = ""
    assert "root:" not in text
    assert len(text) < 1000
    assert time.process_time() - started < 1.0


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail_in_an_unnamed_way(data):
    reason_not_to_read(data)


PIECES = [
    *("<img src=", "<a href=", "'", '"', ">", "</a>", "<picture>", "<source srcset=", "a.jpg", " 2x,", "<style>"),
    *("url(", "</style>", "<script>", "{", "</script>", "<!--", "-->", "<base href=", "//", "\\", "<svg>", "\0"),
    *("data:image/png;base64,", "<template>", "é", "<![CDATA[", "&#0;", "style=", "<textarea>", "<noscript>"),
]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_no_mixture_of_markup_makes_it_fail_in_an_unnamed_way(pieces):
    reason_not_to_read("".join(pieces))
