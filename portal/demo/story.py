"""The whole road with the real parts: a web, three people, a crawl, matches, mails, a letter, the truth."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from alerts.channels import configured
from alerts.notices.drafting import draft
from alerts.outbox import drain
from alerts.triage import LiveIndex, match_new
from crawler.browser import find_chromium, get_chromium
from crawler.run import last_crawls, progress, start_crawl
from crawler.store import CrawlStore
from matchers import Fingerprint, fingerprint
from matchers.sightings import Sighting
from portal.demo import pictures
from portal.demo.cast import CAST, NAMES
from portal.demo.claims import Exposed, Reality, disagreements, rows
from portal.demo.leftovers import picture_bytes
from portal.demo.mailbox import Mailbox, open_mailbox
from portal.demo.places import DELAY_S, targets
from portal.demo.planted import PLANTED, Planted, by_address
from portal.demo.show import CrawlBar, Show
from portal.demo.site import Web, open_web
from portal.demo.stage import Stage, set_up
from registry import cases, consents, enrolments, people
from registry.database import Registry

NOTICE = "kr_tba_22_5"
LONGEST_CRAWL_S = 240.0
POLL_S = 0.5


@dataclass(frozen=True)
class Choices:
    """What the person who starts the demo may choose; addresses of databases must be of empty ones."""

    keep: bool = False
    crawl_url: str | None = None
    registry_url: str | None = None
    get_browser: bool = True
    planted: Sequence[Planted] = PLANTED


@dataclass
class Story:
    """Everything that is open while the story is told."""

    show: Show
    stage: Stage
    web: Web
    mailbox: Mailbox
    store: CrawlStore
    registry: Registry
    planted: Sequence[Planted]
    reality: Reality
    photos: dict[str, Fingerprint]
    enrolled: dict[UUID, str]

    @property
    def environ(self) -> Mapping[str, str]:
        """Return the settings of the parts, with the mailbox as their mail server."""
        return {**self.stage.environ, "WATCHLIGHT_SMTP_URL": self.mailbox.url}


def tell(choices: Choices, show: Show) -> int:
    """Tell the story; return 0 when reality agrees with every claim, else 1."""
    reality = Reality()
    with set_up(crawl_url=choices.crawl_url, registry_url=choices.registry_url, keep=choices.keep) as stage:
        reality.browser = _browser(stage.environ, show, get=choices.get_browser)
        with ExitStack() as opened:
            story = _begin(choices, show, stage, reality, opened)
            enrol(story)
            crawl(story)
            match(story)
            deliver(story)
            write_letters(story)
            _look_back(story)
            seen = len(story.web.album)
        reality.leftovers = picture_bytes(stage.home)
        wrong = disagreements(choices.planted, reality)
        show.result(rows(choices.planted, reality), reality, seen, wrong)
        if choices.keep:
            show.line(f"Kept, as you asked: WATCHLIGHT_HOME={stage.home}")
    return 1 if wrong else 0


def _browser(environ: Mapping[str, str], show: Show, *, get: bool) -> bool:
    if find_chromium(environ) is not None:
        return True
    if get and environ.get("WATCHLIGHT_CHROMIUM") is None:
        show.line("No browser found; trying to get a Chromium (once, this may take minutes) ...")
        show.line(get_chromium(environ).sentence)
    return find_chromium(environ) is not None


def _begin(choices: Choices, show: Show, stage: Stage, reality: Reality, opened: ExitStack) -> Story:
    with show.step("web", "A little web on this machine, all pictures drawn by code"):
        album = pictures.album()
        web = opened.enter_context(open_web(album))
        mailbox = opened.enter_context(open_mailbox())
        store = CrawlStore.open(environ=stage.environ)
        opened.callback(store.close)
        registry = opened.enter_context(Registry.open(environ=stage.environ))
        reality.bases = {name: site.base for name, site in web.sites.items()}
        show.line(f"{len(album)} pictures on {len(web.sites)} sites: {', '.join(web.sites)}")
        show.line("WATCHLIGHT_ALLOW_LOOPBACK=1: for this demo alone the crawler may visit this machine itself.")
    return Story(show, stage, web, mailbox, store, registry, choices.planted, reality, {}, {})


def enrol(story: Story) -> None:
    """Three made-up people say yes, and each enrols one photo: its fingerprint stays, the photo does not."""
    with story.show.step("enrol", "Three made-up people opt in one photo each"):
        for role in CAST:
            print_of = fingerprint(pictures.photo_file(role.key))
            with story.registry.transaction("demo") as tx:
                person = people.add_person(
                    tx,
                    role.name,
                    email=role.email,
                    language=role.language,
                    country=role.country,
                    timezone=role.timezone,
                    phrase=role.phrase,
                )
                consents.give(tx, person)
                enrolment = enrolments.enrol(tx, person, print_of, "demo photo")
            story.photos[role.key] = print_of
            story.enrolled[enrolment.id] = role.key
            size = len(print_of.to_bytes())
            story.show.line(f"{role.name}: consent given; {size} bytes of hashes kept, the photo is not")


def crawl(story: Story) -> None:
    """Spiders look at every place, in a process of their own that knows no people."""
    with story.show.step("crawl", "Spiders look at the public pages"):
        wanted = targets(story.web, browser=story.reality.browser)
        for target in wanted:
            story.store.targets.add(target)
        story.show.line(
            f"{len(wanted)} targets; {DELAY_S} s between two requests, because these sites are ours "
            "(elsewhere 1 s, or what the site asks for)"
        )
        if not story.reality.browser:
            story.show.line("app: not looked at, no browser found; `watchlight doctor` says how to get one")
        began = datetime.now(UTC)
        process = start_crawl([target.name for target in wanted], environ=story.environ)
        try:
            with story.show.crawling() as bar:
                story.reality.crawl_exit = _watch(process, story.store, began, bar)
        finally:
            _end(process)
        done = progress(story.store, began)
        story.reality.refusals = {name: run.refusals for name, run in last_crawls(story.store).items()}
        refused = sum(done.refusals.values())
        story.show.line(f"{done.pages_done} pages, {done.sightings} sightings of pictures, {refused} refusals")


def _watch(process: "subprocess.Popen[bytes]", store: CrawlStore, began: datetime, bar: CrawlBar) -> int:
    """Show how the crawl goes until it ends; return its exit code, or 124 when it takes far too long."""
    end = time.monotonic() + LONGEST_CRAWL_S
    while process.poll() is None:
        if time.monotonic() > end:
            return 124
        bar.update(progress(store, began))
        time.sleep(POLL_S)
    return process.returncode


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Leave no crawler behind, whatever happened."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def match(story: Story) -> None:
    """Compare what was seen with what was enrolled."""
    with story.show.step("match", "What was seen is compared with what was enrolled"):
        report = match_new(story.registry, story.store.log, LiveIndex())
        story.show.line(
            f"{len(_sightings(story))} sightings against {len(story.enrolled)} enrolments: "
            f"{report.exposures} exposures, {report.alerts} alerts put in the outbox"
        )


def deliver(story: Story) -> None:
    """Tell the people, through a real mail server."""
    with story.show.step("mail", "The people are told by mail, through a real mail server on this machine"):
        report = drain(story.registry, configured(story.environ))
        story.reality.mails = story.mailbox.mails
        story.show.line(f"{report.delivered} delivered, {report.retried} to be tried again, {report.given_up} given up")
        for mail in story.reality.mails[:1]:
            story.show.mail(mail)
        for mail in story.reality.mails[1:]:
            story.show.line(f"also received: To: {mail['To']}, Subject: {mail['Subject']}")


def write_letters(story: Story) -> None:
    """Draft the notice for one exposure in two languages; nothing is sent."""
    with story.show.step(
        "notice", "A notice to the site's operator is drafted; the person reads and sends it, we do not"
    ):
        with story.registry.reading() as tx:
            person = people.find(tx, NAMES["kim"])
            found = [one for one in cases.exposures(tx, person) if _site(story, one.page_url)[0] == "forum"]
        if not found:
            return
        for language in ("ko", "en"):
            notice = draft(found[0], person, NOTICE, language)
            with story.registry.transaction("demo") as tx:
                cases.save_notice(tx, found[0], notice.type, language, notice.body, subject=notice.subject)
            story.reality.notices[language] = notice.text
            story.show.letter(language, notice.subject, notice.body)
        story.show.line(f"Left open, for the person alone to fill in: {', '.join(notice.open_places) or 'nothing'}")


def _look_back(story: Story) -> None:
    """Collect what really happened, from the parts that know it."""
    reality = story.reality
    with story.registry.reading() as tx:
        for one in cases.exposures(tx):
            page, picture = _site(story, one.page_url), _site(story, one.picture_url)
            person = story.enrolled[one.enrolment]
            reality.exposures.append(Exposed(person, *page, *picture, one.kind, one.distance))
    for sighting in _sightings(story):
        plant = by_address(story.planted, sighting.picture_url)
        if plant is not None:
            bits = _bits_apart(story.photos[plant.person], sighting.fingerprint)
            reality.distances[plant.name] = min(bits, reality.distances.get(plant.name, bits))
    reality.visits = {name: site.asked() for name, site in story.web.sites.items()}


def _sightings(story: Story) -> list[Sighting]:
    return story.store.log.after(0, 100_000)


def _site(story: Story, url: str) -> tuple[str | None, str]:
    """Split an address into the name of the made-up site and the path."""
    name = story.web.site_of(url)
    return name, url.removeprefix(story.web.base(name)) if name else url


def _bits_apart(photo: Fingerprint, seen: Fingerprint) -> int:
    """Return how many bits of the whole-image hash differ at the best of the eight orientations."""
    return min(seen.whole[0].distance(turned) for turned in photo.whole)
