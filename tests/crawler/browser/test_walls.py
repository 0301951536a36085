"""What a page starts in the browser reaches the public web or nothing: no vector gets to an internal address."""

import pytest

from crawler.browser.render import Browser
from tests.crawler.browser.conftest import dial_only
from tests.crawler.conftest import Answer

pytestmark = pytest.mark.browser

# Every way a page can make a browser connect; {to} is host:port of the canary, {u} its http address.
VECTORS = {
    "img": "<img src='{u}/1'>",
    "srcset": "<img srcset='{u}/2 1x'>",
    "css": "<style>body{{background:url({u}/3)}}</style>",
    "import": "<style>@import '{u}/4.css';</style>",
    "font": "<style>@font-face{{font-family:x;src:url({u}/5)}}p{{font-family:x}}</style><p>x",
    "script": "<script src='{u}/6'></script>",
    "module": "<script type=module>import('{u}/7')</script>",
    "stylesheet": "<link rel=stylesheet href='{u}/8'>",
    "prefetch": "<link rel=prefetch href='{u}/9'>",
    "preload": "<link rel=preload as=image href='{u}/10'>",
    "preconnect": "<link rel=preconnect href='{u}'>",
    "dns-prefetch": "<link rel=dns-prefetch href='//canary.test:{port}'>",
    "prerender": '<script type=speculationrules>{{"prerender":[{{"source":"list","urls":["{u}/11"]}}]}}</script>',
    "iframe": "<iframe src='{u}/12'></iframe>",
    "object": "<object data='{u}/13'></object>",
    "embed": "<embed src='{u}/14'>",
    "video": "<video autoplay muted src='{u}/15' poster='{u}/16'></video>",
    "audio": "<audio autoplay src='{u}/17'></audio>",
    "track": "<video controls><track default src='{u}/18'></video>",
    "svg": "<svg><image href='{u}/19'/><use href='{u}/20#a'/></svg>",
    "form": "<form id=f action='{u}/21' target=i></form><iframe name=i></iframe><script>f.submit()</script>",
    "fetch": "<script>fetch('{u}/22', {{mode:'no-cors'}})</script>",
    "xhr": "<script>const x = new XMLHttpRequest(); x.open('GET', '{u}/23'); x.send()</script>",
    "beacon": "<script>navigator.sendBeacon('{u}/24', 'x')</script>",
    "eventsource": "<script>new EventSource('{u}/25')</script>",
    "websocket": "<script>new WebSocket('ws://{to}/26')</script>",
    "secure websocket": "<script>new WebSocket('wss://{to}/27')</script>",
    "https": "<img src='https://{to}/28'>",
    "worker": "<script>new Worker(URL.createObjectURL(new Blob([\"fetch('{u}/29')\"])))</script>",
    "redirect": "<img src='/redirect'>",
    "iframe redirect": "<iframe src='/redirect'></iframe>",
    "fetch redirect": "<script>fetch('/redirect', {{mode:'no-cors'}})</script>",
    "location": "<script>setTimeout(() => location = '{u}/30', 50)</script>",
    "meta refresh": "<meta http-equiv=refresh content='0;url={u}/31'>",
    "popup": "<script>open('{u}/32')</script>",
    "ping": "<a id=a href='#x' ping='{u}/33'>x</a><script>a.click()</script>",
    "webrtc": "<script>const c = new RTCPeerConnection({{iceServers:[{{urls:'stun:{to}'}},"
    "{{urls:'turn:{to}?transport=tcp',username:'a',credential:'b'}}]}});"
    "c.createDataChannel('x'); c.createOffer().then(o => c.setLocalDescription(o))</script>",
    "webtransport": "<script>try {{ new WebTransport('https://{to}/34') }} catch (e) {{}}</script>",
    "manifest": "<link rel=manifest href='{u}/35'>",
    "icon": "<link rel=icon href='{u}/36'>",
    "service worker": "<script>navigator.serviceWorker && navigator.serviceWorker.register('/worker.js')</script>",
}
HOSTS = ("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "canary.test", "2130706433", "[::ffff:127.0.0.1]")


@pytest.mark.timeout(300)
async def test_no_vector_reaches_an_internal_address(chromium, site, canary):
    """Every vector at every spelling of loopback, seven pages of them, ends in 0 connections to the canary."""
    async with Browser(chromium, dial=dial_only(site.port)) as browser:
        refused = 0
        for host in HOSTS:
            to = f"{host}:{canary.port}"
            site.pages["/redirect"] = Answer("", status=302, headers={"Location": f"http://{to}/redirected"})
            site.pages["/worker.js"] = Answer(f"fetch('http://{to}/sw')", "text/javascript")
            everything = "\n".join(
                page.format(to=to, u=f"http://{to}", port=canary.port)
                for name, page in VECTORS.items()
                if name not in ("location", "meta refresh")
            )
            site.pages["/all"] = f"<!doctype html><body>{everything}"
            refused += sum((await browser.render(site.url("/all"))).refusals.values())
            for name in ("location", "meta refresh"):
                site.pages["/one"] = "<p>x" + VECTORS[name].format(to=to, u=f"http://{to}")
                await browser.render(site.url("/one"))
    assert canary.hits == []
    assert refused > 10 * len(HOSTS), "the page must have tried, or the test proves nothing"


async def test_the_canary_sings_when_it_is_reached(chromium, site, canary):
    """The same page with the canary's port opened is seen by it: silence above means something."""
    site.pages["/"] = f"<img src='http://127.0.0.1:{canary.port}/1'>"
    async with Browser(chromium, dial=dial_only(site.port, canary.port)) as browser:
        await browser.render(site.url())
    assert canary.hits


async def test_the_operators_switch_is_what_opens_loopback(chromium, site, monkeypatch):
    """Without WATCHLIGHT_ALLOW_LOOPBACK even the page itself cannot be shown; with it, it can."""
    from crawler.browser.visit import NotRendered

    site.pages["/"] = "<p>shown"
    async with Browser(chromium) as browser:
        with pytest.raises(NotRendered):
            await browser.render(site.url())
        monkeypatch.setenv("WATCHLIGHT_ALLOW_LOOPBACK", "1")
        assert "shown" in (await browser.render(site.url())).html
