"""`watchlight person set` and `watchlight person allclear`: how somebody wants to be told, and where was looked."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portal.cli import say
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from alerts.allclear import AllClear

Name = Annotated[str, typer.Argument(help="The person's name, or the pseudonym they chose.", show_default=False)]
NOTHING = "none"  # empties a field


def add_to(group: typer.Typer) -> None:
    """Add the commands to `watchlight person`."""
    group.command("set")(set_wishes)
    group.command("allclear")(allclear)


def set_wishes(
    name: Name,
    email: Annotated[str | None, typer.Option(help="Where alerts and sign-in links go; `none` for nowhere.")] = None,
    language: Annotated[str | None, typer.Option(help="ko or en.")] = None,
    zone: Annotated[str | None, typer.Option(help="Like Asia/Seoul.")] = None,
    country: Annotated[str | None, typer.Option(help="Two letters; decides which helplines are named.")] = None,
    phrase: Annotated[str | None, typer.Option(help="Words only they and their alerts know.")] = None,
    channel: Annotated[list[str] | None, typer.Option(help="smtp, webhook or apprise; may repeat.")] = None,
    apprise: Annotated[str | None, typer.Option(help="`ask` reads the address from the terminal, unseen.")] = None,
    digest: Annotated[str | None, typer.Option(help="now, daily or weekly.")] = None,
    digest_at: Annotated[str | None, typer.Option(help="When a digest comes, like 10:00.")] = None,
    quiet: Annotated[str | None, typer.Option(help="No message in these hours, like 22:00-08:00; or none.")] = None,
    detail: Annotated[str | None, typer.Option(help="news, counts or kinds.")] = None,
    all_clear: Annotated[str | None, typer.Option(help="off, weekly or monthly.")] = None,
    supporter: Annotated[str | None, typer.Option(help="Mail address of somebody or a centre they trust.")] = None,
    supporter_phrase: Annotated[str | None, typer.Option(help="Words the two agreed on.")] = None,
    first: Annotated[str | None, typer.Option(help="Who is told first: me, supporter or supporter-only.")] = None,
) -> None:
    """Change how somebody wants to be told. What is not named stays; what waits follows the new wishes."""
    from alerts.telling import change_wishes
    from registry import people
    from registry.wishes import CHANNELS

    given = {
        "email": email,
        "language": language,
        "timezone": zone,
        "country": country.upper() if country else None,
        "phrase": phrase,
        "apprise_url": _apprise(apprise),
        "digest": digest,
        "digest_at": digest_at,
        "quiet": quiet,
        "detail": detail,
        "all_clear": all_clear,
        "supporter_email": supporter,
        "supporter_phrase": supporter_phrase,
        "told_first": first,
    }
    wishes: dict[str, Any] = {name: None if value == NOTHING else value for name, value in given.items() if value}
    if channel:
        wishes["channels"] = tuple(dict.fromkeys(channel))
        if unknown := set(channel) - set(CHANNELS):
            say.fail(f"There is no channel {', '.join(sorted(unknown))}: choose from {', '.join(CHANNELS)}.")
    if not wishes:
        say.fail("Nothing was changed: name at least one option, such as --digest daily.")
    with opened() as registry, registry.transaction("cli") as tx:
        changed = change_wishes(tx, people.find(tx, name), **wishes)
    say.line(f"{changed.name}: {', '.join(wishes)} changed. Channels: {', '.join(changed.channels) or 'none'}.")


def _apprise(given: str | None) -> str | None:
    """Return the address, read where neither the shell's history nor the list of processes shows it."""
    if given in (None, NOTHING):
        return given
    from alerts.channels.apprise import refuse_scheme
    from alerts.errors import DeliveryFailed
    from egress.addresses import loopback_allowed

    if given != "ask":
        say.fail("An apprise address holds keys: use --apprise ask, and type or pipe it in.")
    if sys.stdin.isatty():
        url = typer.prompt("apprise address (not shown)", hide_input=True)
    else:
        url = sys.stdin.readline().strip()
    try:
        refuse_scheme(url, allow_loopback=loopback_allowed())
    except DeliveryFailed:
        say.fail("This service cannot be used: docs/alerts.md lists those that can.")
    return str(url)


def allclear(
    name: Name,
    language: Annotated[str | None, typer.Option("--lang", help="ko or en; their own if not given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say where was looked for somebody, what could not be seen, and what was found. Nothing is sent."""
    from datetime import UTC, datetime

    from alerts.allclear import PERIODS, all_clear
    from alerts.allclear_words import in_words
    from portal.cli.crawl_door import open_store
    from portal.coverage import looked_since, shown_places
    from registry import people

    store, now = open_store(), datetime.now(UTC)
    with opened() as registry, registry.reading() as tx:
        person = people.find(tx, name)
        since = now - PERIODS[person.all_clear]
        report: AllClear = all_clear(tx, person, since, now, looked_since(store, since))
    places = shown_places(store, since)
    if as_json:
        say.json_line({**report.to_dict(), "shown_places": places})
        return
    for paragraph in in_words(report, language if language in ("ko", "en") else person.language):
        say.line(paragraph + "\n")
    if places:
        say.line(", ".join(places))
