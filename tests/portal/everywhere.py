"""Every page that a role can reach, with something on it: where checks that concern all pages begin."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from playwright.sync_api import Browser, BrowserContext, Page

from alerts.notices import draft, kept
from crawler.targets import CrawlTarget
from portal.web.access import GuardedRoute, Role
from portal.web.app import ROOMS
from registry import cases, casework, centres, passkeys, recovery, tenancy, tokens
from registry.people import Person
from tests.portal.desks import CENTRE, at_work, client_of
from tests.portal.served import Portal

GUARDED = [route for each in ROOMS for route in each.routes if isinstance(route, GuardedRoute)]
NOT_PAGES = (
    "/static/",
    "/robots.txt",
    "/metrics",
    "/api/",
    "/me/letters/{letter}/{file}",
    "/support/letters/{letter}/{file}",
)
RECORD = "/support/cases/{exposure}/evidence.json"
GIVEN = {
    "requester_name": "Kim Haneul",
    "requester_email": "haneul@example.org",
    "signature": "Kim Haneul",
    "good_faith": "yes",
    "accuracy": "yes",
}


@dataclass
class Full:
    """A portal with people of every role and the ids that its pages need; `texts` are put wherever text can be put."""

    portal: Portal
    people: dict[str, Person] = field(default_factory=dict)
    ids: dict[str, dict[str, str]] = field(default_factory=dict)

    def paths(self, role: str, but: tuple[str, ...] = ()) -> list[str]:
        """Return every page of our own that somebody of this role can open by its address.

        Of rooms that are open to anyone only the first screen, unless nobody is signed in: they are the same. Pages
        that the roles `but` open as well are left out.
        """
        found = []
        for route in GUARDED:
            same = Role.ANYONE in route.roles and role != "nobody" and route.path not in ("/", "/support")
            if same or any(self.opens(other, route) for other in but):
                continue
            if "GET" not in (route.methods or ()) or route.path.startswith(NOT_PAGES) or route.path == RECORD:
                continue
            if self.opens(role, route):
                found.append(route.path.format_map({"link": "x", **self.ids.get(role, {})}))
        return found

    def opens(self, role: str, route: GuardedRoute) -> bool:
        """Say whether a route is for somebody of this role; what needs an id they have none of is left out."""
        has = {"nobody": set[str]()}.get(
            role, {role, "known"} | ({"caseworker", "staff"} if role in ("staff", "lead") else set())
        )
        if role == "minor":
            has |= {"person"}
        needs = {
            part
            for part in ("exposure", "letter", "photo", "client", "key", "token", "name", "webhook")
            if f"{{{part}}}" in route.path
        }
        return (Role.ANYONE in route.roles or bool(has & set(route.roles))) and needs <= self.ids.get(role, {}).keys()

    @contextmanager
    def browser(self, browser: Browser, role: str, **options: object) -> Iterator[tuple[BrowserContext, Page]]:
        """Open a browser in which somebody of this role is signed in."""
        context = browser.new_context(base_url=self.portal.url, **options)  # type: ignore[arg-type]
        if role in self.people:
            session = self.portal.session(self.people[role])
            context.add_cookies([{"name": "session", "value": session, "url": self.portal.url}])
        yield context, context.new_page()
        context.close()


def full(portal: Portal) -> Full:
    """Fill a portal: two centres at work, a person with finds, letters and answers, somebody under age, an operator."""
    house = Full(portal)
    lead, staff = at_work(portal, "Lead Yun", "lead"), at_work(portal, "Worker Han")
    person, client = client_of(portal, "Kim Haneul", phrase="blue heron", supporter_email="mina@example.org")
    minor, _ = client_of(portal, "Young One", given_by="guardian", birth_year=datetime.now(UTC).year - 15)
    photo = portal.enrolled(person, "Summer")
    finds = [
        portal.exposed(photo, page)
        for page in ("https://forum.example/1", "https://t.me/s/room/12", "https://x.com/a/1")
    ]
    portal.exposed(portal.enrolled(minor, "School", seed=2), "https://board.example/9")
    letter = _letters(portal, person, finds[0])
    key = _ways_in(portal, person)
    _at_the_centre(portal, lead, finds[1], client.id)
    portal.store.targets.add(CrawlTarget(name="gallery", urls=("https://gallery.example/",)))
    house.people = {
        "person": person,
        "minor": minor,
        "staff": staff,
        "lead": lead,
        "caseworker": portal.person("Loose Worker", roles=("caseworker",)),
        "operator": portal.person("Night Desk", roles=("operator",)),
    }
    own = {
        "exposure": str(finds[0]),
        "letter": str(letter),
        "photo": str(photo),
        "key": str(key),
        "client": str(client.id),
    }
    house.ids = {"person": own, "staff": own, "lead": own, "minor": {}, "operator": {"name": "gallery"}}
    return house


def _letters(portal: Portal, person: Person, find: UUID) -> UUID:
    with portal.registry.transaction("test") as tx:
        about = cases.exposure(tx, find)
        desk = kept.desk_of(tx, about, "kr_tba_22_5")
        given = {"requester_name": "Kim Haneul", "requester_email": "haneul@example.org", "requester_role": "self"}
        notice = draft(about, person, "kr_tba_22_5", "ko", given, past=kept.past(tx, about), desk=desk)
        letter = kept.keep(tx, about, notice)
        cases.mark_sent(tx, letter.id)
        cases.record_reply(tx, letter.id, "acknowledged", "We will look at it.")
        cases.record_verdict(tx, about, "still-there")
        cases.add_alert(tx, person, [about])
        for delivery in cases.outbox_due(tx, tx.now()):
            cases.outbox_given_up(tx, delivery.id, "smtp-550")
        return letter.id


def _ways_in(portal: Portal, person: Person) -> UUID:
    with portal.registry.transaction("test") as tx:
        recovery.new_code(tx, person)
        return passkeys.add(tx, person, "my phone", b"credential", b"key", 0).id


def _at_the_centre(portal: Portal, lead: Person, find: UUID, client: UUID) -> None:
    with portal.registry.transaction("test") as tx:
        at = centres.find_centre(tx, CENTRE)
        tokens.make(tx, at.id, "intake desk", tokens.SCOPES, timedelta(days=1))
    with portal.registry.transaction(str(lead.id)) as tx:
        tenancy.confine(tx, lead.id)
        casework.add_note(tx, client, "Called on Friday.", find)
        casework.assign(tx, [find], lead.id)
