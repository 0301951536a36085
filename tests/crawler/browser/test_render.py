"""What a page becomes when its scripts have run, in a real Chromium."""

import asyncio
import tempfile
import time
from pathlib import Path

import pytest

from crawler.browser.process import end_group
from crawler.browser.render import Browser
from crawler.browser.visit import NotRendered
from crawler.images import see
from matchers import fingerprint
from tests.crawler.browser.conftest import dial_only

pytestmark = pytest.mark.browser


async def test_pictures_that_a_script_adds_are_in_the_rendered_page(browser, site, drawn):
    site.picture("/late.jpg", drawn(1))
    site.pages["/"] = "<body><script>setTimeout(() => {document.body.innerHTML = '<img src=late.jpg>'}, 50)</script>"

    shown = await browser.render(site.url())

    assert site.url("/late.jpg") in shown.pictures
    assert site.url("/late.jpg") in [picture.url for picture in see(shown.html, site.url()).pictures]


async def test_lazy_pictures_far_below_the_first_screen_are_loaded(browser, site, drawn):
    site.picture("/deep.jpg", drawn(2))
    site.pages["/"] = "<div style='height:9000px'></div><img loading=lazy src=deep.jpg>"

    assert (await browser.render(site.url())).pictures == (site.url("/deep.jpg"),)


async def test_a_picture_painted_on_a_canvas_is_seen_by_what_it_was_loaded_from(browser, site, drawn):
    site.picture("/hidden", drawn(3))
    site.pages["/"] = """<canvas id=c></canvas><script>
        fetch('/hidden').then(a => a.blob()).then(createImageBitmap).then(p => c.getContext('2d').drawImage(p, 0, 0))
    </script>"""

    assert site.url("/hidden") in (await browser.render(site.url())).pictures


async def test_what_a_script_draws_or_computes_is_a_picture_in_the_page(browser, site):
    site.pages["/"] = """<canvas id=c width=200 height=150></canvas><canvas width=16 height=16></canvas><script>
        const pen = c.getContext('2d');
        for (let n = 0; n < 40; n++) { pen.fillStyle = `hsl(${n * 9} 80% 50%)`; pen.fillRect(n * 5, n * 3, 60, 40) }
        c.toBlob(file => document.body.append(Object.assign(new Image(), {src: URL.createObjectURL(file)})))
    </script>"""

    drawn = [picture for picture in see((await browser.render(site.url())).html, site.url()).pictures if picture.data]

    assert 1 <= len(drawn) <= 2  # the canvas and the picture made of it, which may be the same file
    assert fingerprint(drawn[0].data)


async def test_what_robots_txt_forbids_is_not_loaded_by_the_browser_either(chromium, sites, drawn):
    page, other = sites(), sites()
    other.picture("/a.jpg", drawn(1))
    page.picture("/b.jpg", drawn(2))
    page.pages["/"] = f"<img src='{other.url('/a.jpg')}'><img src=b.jpg>"

    async def refusal(address: str) -> str | None:
        return "robots" if str(other.port) in address else None

    async with Browser(chromium, dial=dial_only(page.port, other.port), refusal=refusal) as browser:
        shown = await browser.render(page.url())

    assert (shown.pictures, shown.refusals, other.asked) == ((page.url("/b.jpg"),), {"robots": 1}, [])


async def test_a_browser_that_is_killed_costs_the_page_nothing(chromium, site, drawn):
    site.picture("/a.jpg", drawn(1))
    site.pages["/"] = "<img src=a.jpg>"
    async with Browser(chromium, dial=dial_only(site.port)) as browser:
        await browser.render(site.url())
        assert end_group(browser._mark)
        assert (await browser.render(site.url())).pictures == (site.url("/a.jpg"),)


async def test_pictures_in_an_open_shadow_root_are_in_the_markup(browser, site):
    site.pages["/"] = (
        "<x-y></x-y><script>document.querySelector('x-y').attachShadow({mode:'open'})"
        ".innerHTML = '<img data-src=/in-the-shadow.jpg>'</script>"
    )

    shown = await browser.render(site.url())

    assert site.url("/in-the-shadow.jpg") in [picture.url for picture in see(shown.html, site.url()).pictures]


@pytest.mark.parametrize(
    "leaving",
    [
        "<script>setTimeout(() => location = '/other', 100)</script>",
        "<script>setTimeout(() => location = '/other', 0)</script>",
        "<script>location = '/other'</script>",
        "<meta http-equiv=refresh content='0;url=/other'>",
        "<form id=f action=/other method=post></form><script>f.submit()</script>",
    ],
    ids=["later", "soon", "at once", "refresh", "form"],
)
async def test_a_page_that_moves_on_is_not_followed_but_told_as_a_link(browser, site, leaving):
    site.pages["/other"] = "elsewhere"
    site.pages["/"] = f"<p>here</p>{leaving}"

    shown = await browser.render(site.url())

    assert shown.left_for == (site.url("/other"),)
    assert "here" in shown.html
    assert "/other" not in site.asked


async def test_a_redirect_that_only_the_browser_gets_is_not_followed_quietly(browser, site):
    from tests.crawler.conftest import Answer

    site.pages["/other"] = "elsewhere"
    site.pages["/"] = Answer("", status=302, headers={"Location": "/other"})

    with pytest.raises(NotRendered) as refused:
        await browser.render(site.url())
    assert refused.value.reason == "render-moved"


async def test_popups_downloads_and_dialogs_do_not_stop_a_page(browser, site, drawn):
    site.picture("/a.jpg", drawn(4))
    site.pages["/"] = """<img src=a.jpg><script>
        window.open('/popup'); alert('hello'); confirm('sure?');
        const link = document.createElement('a'); link.href = '/a.jpg'; link.download = 'x.jpg'; link.click();
    </script>"""

    shown = await browser.render(site.url())

    assert site.url("/a.jpg") in shown.pictures
    assert "/popup" not in site.asked


async def test_the_site_is_told_who_asks(browser, site):
    site.pages["/"] = "<p>x"

    await browser.render(site.url())

    assert site.headers[0]["User-Agent"] == "Watchlight/test"


@pytest.mark.parametrize(
    "script",
    ["while (true) {}", "for (;;) history.pushState({}, '', '?' + Math.random())", "for (;;) alert(1)"],
    ids=["endless loop", "pushState flood", "endless dialogs"],
)
async def test_a_page_that_hangs_the_browser_ends_in_time_and_the_next_page_is_shown(chromium, site, script):
    site.pages["/hang"] = f"<p>x<script>setTimeout(() => {{ {script} }}, 200)</script>"
    site.pages["/fine"] = "<p>fine"
    async with Browser(chromium, dial=dial_only(site.port), page_s=4) as browser:
        await browser.render(site.url("/fine"))
        started = time.monotonic()
        with pytest.raises(NotRendered):
            await browser.render(site.url("/hang"))
        assert time.monotonic() - started < 60  # such a page would hang for ever; the machine may be busy

        assert "fine" in (await browser.render(site.url("/fine"))).html


@pytest.fixture
def short_folder():
    """A folder with a short name: Chromium keeps a socket in it, whose path has a limit of 100 characters."""
    with tempfile.TemporaryDirectory(prefix="wl-") as name:
        yield Path(name)


async def test_nothing_of_a_picture_is_written_to_disk(chromium, site, short_folder, monkeypatch):
    folder = short_folder
    monkeypatch.setenv("TMPDIR", str(folder))
    token = b"a-picture-nobody-may-keep" * 40
    site.picture("/a.jpg", token)
    site.pages["/"] = f"<p>{'words-of-a-page' * 40}<img src=a.jpg>"
    async with Browser(chromium, dial=dial_only(site.port)) as browser:
        await browser.render(site.url())
        kept = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
        assert kept, "the browser's profile must lie in the folder that is searched"
        assert not any(token[:25] in data or b"words-of-a-page" in data for data in kept)
    await asyncio.sleep(0.5)
    assert not any(path.is_file() for path in folder.rglob("*"))
