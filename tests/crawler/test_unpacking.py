"""What a server packs is unpacked within bounds, off the event loop, and refused by name beyond them."""

import gzip
import os
import zlib

import brotli
import pytest
from scrapy.http import HtmlResponse, Request, Response
from scrapy.utils.test import get_crawler

from crawler.middlewares.unpacking import MOST_MEMBERS, Unpacking, unpack, zstd
from crawler.refusals import NotFetched

PACKERS = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress}
MB = 1_000_000


def refusal(untrusted: bytes, *encodings: str, most: int = MB) -> str:
    with pytest.raises(NotFetched) as refused:
        unpack(untrusted, list(encodings), most)
    return refused.value.reason


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("body", [b"", b"page", bytes(700_000), os.urandom(700_000)], ids=len)
def test_every_packing_gives_back_what_was_packed(name, body):
    assert unpack(PACKERS[name](body), [name], MB) == body


@pytest.mark.parametrize("name", PACKERS)
def test_a_body_cut_short_gives_what_came(name):
    body = os.urandom(200_000)
    came = unpack(PACKERS[name](body)[:100_000], [name], MB)
    assert body.startswith(came)
    assert len(came) > 20_000


@pytest.mark.parametrize("name", PACKERS)
def test_a_bomb_is_refused_before_it_has_grown(name):
    assert refusal(PACKERS[name](bytes(50 * MB)), name) == "too-large"


@pytest.mark.parametrize("name", PACKERS)
def test_a_damaged_body_is_refused_by_name(name):
    assert refusal(b"x" * 5_000, name) == "bad-encoding"


def test_bare_deflate_and_two_members_are_read_as_browsers_do():
    bare = zlib.compressobj(wbits=-15)
    assert unpack(bare.compress(b"page") + bare.flush(), ["deflate"], MB) == b"page"
    assert unpack(gzip.compress(b"pa") + gzip.compress(b"ge") + b"padding", ["gzip"], MB) == b"page"


def test_layers_and_members_without_end_are_refused_at_once():
    twice = gzip.compress(gzip.compress(b"page"))
    assert unpack(twice, ["gzip", "gzip"], MB) == b"page"
    assert refusal(twice, *["gzip"] * 10_000) == "too-many-encodings"
    assert refusal(gzip.compress(b"") * (MOST_MEMBERS + 1), "gzip") == "too-many-encodings"
    assert refusal(zstd.compress(b"x") * (MOST_MEMBERS + 1), "zstd") == "too-many-encodings"


@pytest.mark.parametrize("name", ["utf-8", "none", "binary"])
def test_a_packing_that_is_none_is_a_slip_of_the_server(name):
    assert unpack(b"<p>page", [name], MB) == b"<p>page"


async def test_an_unpacked_page_is_a_page_and_says_so_no_more():
    headers = {"Content-Type": "text/html", "Content-Encoding": "GZIP"}
    packed = Response("https://a.example/", headers=headers, body=gzip.compress("<p>가".encode()))
    page = await Unpacking.from_crawler(get_crawler()).process_response(Request(packed.url), packed)
    assert isinstance(page, HtmlResponse)
    assert page.text == "<p>가"
    assert "Content-Encoding" not in page.headers


async def test_a_page_may_be_smaller_than_a_picture():
    packed = Response("https://a.example/", headers={"Content-Encoding": "br"}, body=brotli.compress(bytes(MB)))
    request = Request(packed.url, meta={"download_maxsize": 1000})
    with pytest.raises(NotFetched, match="too-large"):
        await Unpacking.from_crawler(get_crawler()).process_response(request, packed)
