"""The entrance: three doors, signing in by a one-time link, signing out, and the choice of language."""

import asyncio
import random
import re

from fastapi import BackgroundTasks, Request, Response
from starlette.concurrency import run_in_threadpool

from portal.web import metrics, pages
from portal.web.access import Role, Visitor, door, house, visitor_of
from portal.web.ceremony import place
from portal.web.forms import Fields
from portal.web.house import House
from portal.web.language import languages
from portal.web.rooms import room
from portal.web.sign_in_mail import send_link
from registry import passkeys, people, signin
from registry.errors import BadLink

router = room()
ROOMS = (router,)

MAIL_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,250}")
LOCAL_PATH = re.compile(r"/[a-z0-9/_-]*")
FIRST_ROOM = {"person": "/me", "caseworker": "/support", "operator": "/operator"}


@router.get("/")
@door(Role.ANYONE)
def doors(request: Request) -> Response:
    """Ask what brings somebody here."""
    return pages.page(request, "doors.html")


@router.get("/sign-in")
@door(Role.ANYONE)
def sign_in(request: Request) -> Response:
    """Ask for the mail address; whoever is signed in goes to their room."""
    person = visitor_of(request).person
    if person is not None:
        return pages.go(first_room(person))
    return _asked(request)


@router.post("/sign-in")
@door(Role.ANYONE)
def ask_for_link(request: Request, later: BackgroundTasks, fields: Fields) -> Response:
    """Send a link if the address has an account. The answer, and the time it takes, are the same if not."""
    visitor, at_home = visitor_of(request), house(request)
    typed = fields.get("address", "")
    if not MAIL_ADDRESS.fullmatch(typed):
        return _asked(request, wrong=True, typed=typed[:254])
    at_home.pace.require(at_home.settings.sign_in_links_per_caller, "ask", visitor.address)
    later.add_task(_some_time_later, at_home, visitor, typed)
    answer = pages.go("/sign-in/sent")
    answer.background = later
    return answer


def _asked(request: Request, *, wrong: bool = False, typed: str = "") -> Response:
    keys = place(request.headers.get("host", ""), house(request).settings) is not None
    return pages.page(request, "sign_in.html", status=422 if wrong else 200, wrong=wrong, typed=typed, keys=keys)


async def _some_time_later(at_home: House, visitor: Visitor, untrusted_address: str) -> None:
    """Wait before the address is looked up. The work for one that is known would slow what its asker asks next."""
    longest = at_home.settings.link_delay_s
    await asyncio.sleep(random.uniform(longest / 4, longest))
    await run_in_threadpool(_find_and_send, at_home, visitor, untrusted_address)


def _find_and_send(at_home: House, visitor: Visitor, untrusted_address: str) -> None:
    """Look the address up only after the answer is out: nobody learns from it who has an account."""
    address = untrusted_address.casefold()
    if at_home.pace.allows(at_home.settings.sign_in_links_per_address, "mail", address):
        send_link(at_home, untrusted_address, visitor.words.language)


@router.get("/sign-in/sent")
@door(Role.ANYONE)
def sent(request: Request) -> Response:
    """Say that a link is on its way, if there is an account."""
    return pages.page(request, "sent.html")


@router.get("/sign-in/{link}")
@door(Role.ANYONE)
def entering(request: Request, link: str) -> Response:
    """Show the button that uses the link up: programs that open links in mails do not press buttons."""
    return pages.page(request, "enter.html", link=link[:200])


@router.post("/enter")
@door(Role.ANYONE)
def enter(request: Request, fields: Fields) -> Response:
    """Use the link up and sign in."""
    visitor, at_home = visitor_of(request), house(request)
    at_home.pace.require(at_home.settings.link_tries_per_caller, "enter", visitor.address)
    try:
        with at_home.registry.transaction() as tx:
            token = signin.redeem(tx, fields.get("link", ""), life=at_home.settings.session_length)
            person = signin.session(tx, token)
            if visitor.session is not None:
                signin.end(tx, visitor.session)
    except BadLink:
        metrics.SIGN_IN.labels(outcome="bad-link").inc()
        return pages.page(request, "enter_bad.html", status=403)
    metrics.SIGN_IN.labels(outcome="signed-in").inc()
    answer = pages.go(_after_link(request, person) if person else "/")
    let_in(at_home, answer, token)
    return answer


def let_in(at_home: House, answer: Response, token: str) -> None:
    """Give the browser its session."""
    # No end is set: the cookie goes when the browser closes, and the registry ends the session before.
    at_home.cookies.set(answer, at_home.cookies.session, token)


def _after_link(request: Request, person: people.Person) -> str:
    """Return where a link leads: whoever works here is asked to make a passkey first, where browsers allow one."""
    at_home = house(request)
    if set(person.roles) - {"person"} and place(request.headers.get("host", ""), at_home.settings) is not None:
        with at_home.registry.reading() as tx:
            if not passkeys.has_any(tx, person):
                return "/keys"
    return first_room(person)


@router.post("/sign-out")
@door(Role.ANYONE)
def sign_out(request: Request) -> Response:
    """End the session, and ask the browser to forget what it kept of this site."""
    visitor, at_home = visitor_of(request), house(request)
    if visitor.session is not None:
        with at_home.registry.transaction() as tx:
            signin.end(tx, visitor.session)
        metrics.SIGN_IN.labels(outcome="signed-out").inc()
    answer = pages.go("/")
    forget_visit(at_home, answer)
    return answer


def forget_visit(at_home: House, answer: Response) -> None:
    """Take the session cookie away and have the browser clear its cache of this site."""
    at_home.cookies.forget(answer, at_home.cookies.session)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'


@router.post("/language")
@door(Role.ANYONE)
def choose_language(request: Request, fields: Fields) -> Response:
    """Keep the chosen language until the browser closes, and go back to the page it was chosen on."""
    chosen, back = fields.get("language", ""), fields.get("back", "/")
    answer = pages.go(back if LOCAL_PATH.fullmatch(back) and not back.startswith("//") else "/")
    if chosen in languages():
        house(request).cookies.set(answer, house(request).cookies.language, chosen)
    return answer


def first_room(person: people.Person) -> str:
    """Return the page somebody starts on: the room of the first role they have."""
    return next(path for role, path in FIRST_ROOM.items() if role in person.roles)
