"""Does reality agree with what the demo claims? Compares what happened with the list of what was planted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage

from portal.demo.cast import CAST, NAMES
from portal.demo.mailbox import words_of
from portal.demo.pictures import address_of
from portal.demo.planted import Expected, Planted, by_address


@dataclass(frozen=True)
class Exposed:
    """One exposure in the registry, with the names of the made-up web instead of ports."""

    person: str
    site: str | None
    page: str
    picture_site: str | None
    picture: str
    kind: str
    distance: int


@dataclass
class Reality:
    """Everything that happened, as the parts themselves tell it."""

    exposures: list[Exposed] = field(default_factory=list)
    distances: dict[str, int] = field(default_factory=dict)  # planted picture -> bits from its photo, where seen
    visits: dict[str, list[str]] = field(default_factory=dict)  # site -> paths it was asked for
    mails: list[EmailMessage] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    refusals: dict[str, Mapping[str, int]] = field(default_factory=dict)  # target -> reason -> count
    notices: dict[str, str] = field(default_factory=dict)  # language -> letter
    bases: dict[str, str] = field(default_factory=dict)  # site -> address
    crawl_exit: int = 0
    browser: bool = True


@dataclass(frozen=True)
class Row:
    """What became of one planted picture."""

    planted: Planted
    result: str  # "found", "silent", "not looked at", "MATCHED" or "NOT FOUND"
    agrees: bool
    exposed: Exposed | None
    distance: int | None
    why: str


def rows(planted: Sequence[Planted], reality: Reality) -> list[Row]:
    """Say for each planted picture what became of it, and whether that is what we claim."""
    return [_row(plant, planted, reality) for plant in planted]


def disagreements(planted: Sequence[Planted], reality: Reality) -> list[str]:
    """Name everything in which reality differs from what the demo claims; nothing to name means success."""
    wrong = [f"{row.planted.name} on {row.planted.site}: {row.why}" for row in rows(planted, reality) if not row.agrees]
    wrong += _unexpected(planted, reality)
    wrong += _closed(reality)
    wrong += _mails(reality)
    wrong += [f"a picture was kept on disk: {line}" for line in reality.leftovers]
    wrong += [
        f"the notice in {language} is empty" for language, letter in reality.notices.items() if not letter.strip()
    ]
    if set(reality.notices) != {"ko", "en"}:
        wrong.append("the notice was not drafted in Korean and in English")
    if reality.crawl_exit:
        wrong.append(f"the crawl ended with exit code {reality.crawl_exit}")
    return list(dict.fromkeys(wrong))


def _row(plant: Planted, planted: Sequence[Planted], reality: Reality) -> Row:
    exposed = _exposure_of(plant, planted, reality)
    distance = exposed.distance if exposed else reality.distances.get(plant.name)
    if exposed is not None:
        agrees, why = _found(plant, exposed)
        return Row(plant, "found" if agrees else "MATCHED", agrees, exposed, distance, why)
    if plant.expected is Expected.FOUND and not (plant.needs_browser and not reality.browser):
        why = "seen, but nobody was matched" if distance is not None else "its picture was never seen"
        return Row(plant, "NOT FOUND", False, None, distance, why)
    return _quiet(plant, distance)


def _found(plant: Planted, exposed: Exposed) -> tuple[bool, str]:
    if plant.expected is not Expected.FOUND:
        return False, f"it matched {NAMES[exposed.person]}, though we claim: {plant.expected}"
    if exposed.kind not in plant.kinds:
        return False, f"the match is called {exposed.kind}, we claim {' or '.join(sorted(plant.kinds))}"
    return True, ""


def _quiet(plant: Planted, distance: int | None) -> Row:
    """What became of a picture that nobody is expected to be told about."""
    if plant.expected is Expected.UNSEEN:
        return Row(plant, "not looked at", distance is None, None, distance, "robots.txt closes the site")
    if plant.needs_browser and plant.expected is Expected.FOUND:
        return Row(plant, "not looked at", distance is None, None, distance, "no browser found")
    seen = distance is not None
    if not seen:
        return Row(plant, "NOT SEEN", False, None, None, "never seen, so its silence proves nothing")
    return Row(plant, "silent", True, None, distance, "rightly: another photo")


def _exposure_of(plant: Planted, planted: Sequence[Planted], reality: Reality) -> Exposed | None:
    """Return this person's exposure of the planted picture, the whole picture before a thumbnail of it."""
    mine = [one for one in reality.exposures if one.person == plant.person and _shows(plant, planted, one)]
    return min(
        mine,
        key=lambda one: (one.picture != plant.picture, one.page != plant.page, one.distance),
        default=None,
    )


def _shows(plant: Planted, planted: Sequence[Planted], exposed: Exposed) -> bool:
    return (
        by_address(planted, exposed.picture) is plant
        and exposed.site == plant.site
        and exposed.picture_site == plant.picture_host
    )


def _unexpected(planted: Sequence[Planted], reality: Reality) -> list[str]:
    wrong = []
    for exposed in reality.exposures:
        plant = by_address(planted, exposed.picture)
        if plant is None or plant.person != exposed.person or not _shows(plant, planted, exposed):
            wrong.append(f"nobody planted this: {NAMES[exposed.person]} matched on {exposed.site} {exposed.page}")
    return wrong


def _closed(reality: Reality) -> list[str]:
    """A site whose robots.txt says no, or cannot be read, got no other request."""
    wrong = []
    for site in ("closed", "doubtful"):
        asked = reality.visits.get(site, [])
        beyond = [path for path in asked if path != "/robots.txt"]
        if beyond:
            wrong.append(f"the {site} site was asked for {', '.join(sorted(set(beyond)))}")
        if not asked:
            wrong.append(f"the {site} site was not even asked for robots.txt, so its peace proves nothing")
    return wrong


def _mails(reality: Reality) -> list[str]:
    wrong = []
    told = {one.person for one in reality.exposures}
    for role in CAST:
        mine = [mail for mail in reality.mails if role.email in str(mail["To"])]
        if role.key in told and not mine:
            wrong.append(f"{role.name} has news, but no mail arrived")
        for mail in mine:
            wrong += [f"the mail to {role.name} {fault}" for fault in _faults(mail, role.phrase, reality)]
    strange = len(reality.mails) - sum(any(role.email in str(mail["To"]) for role in CAST) for mail in reality.mails)
    return [*wrong, *(["a mail went to somebody who is not in the demo"] if strange else [])]


def _faults(mail: EmailMessage, phrase: str, reality: Reality) -> list[str]:
    """Say what is wrong with a mail: an address, a link or a picture in it, or the phrase not in it."""
    whole = "\n".join([*(f"{name}: {value}" for name, value in mail.items()), words_of(mail)])
    faults = []
    if any(base.removeprefix("http://") in whole for base in reality.bases.values()) or "://" in whole:
        faults.append("holds an address")
    if any(address_of(name) in whole for name in reality.distances):
        faults.append("names a picture file")
    if mail.is_multipart() or mail.get_content_maintype() != "text":
        faults.append("has an attachment")
    if phrase not in whole:
        faults.append("lacks the phrase the person chose")
    return faults
