"""What the sender says for one field, checked by its kind, as it may stand in a letter."""

import re
from collections.abc import Mapping

from alerts.errors import BadValue, MustNotStand
from alerts.notices.facts import Fact, Facts
from alerts.untrusted import address_line, one_line

OPEN_PLACE = "____________________"
BOX = "[{}]"
YES = {"yes", "y", "true", "예", "네"}
# No "=" and no "?": some mail programs decode "=?utf-8?q?...?=" in an address into header lines.
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250})\.[A-Za-z0-9-]{2,63}")
PHONE = re.compile(r"[0-9+() -]{3,40}")
ADDRESSES = 100  # addresses in one letter
BOXED = ("kr_material_type",)  # forms show these as boxes, so that the reader sees what is meant and what is not
# Sentences the sender vouches for or may leave out. The words are fixed; which ones hold, only the sender can say.
STATEMENTS: Mapping[str, Mapping[str, str | None]] = {
    "non_consent_statement": {
        "yes": "non_consent_statement",
        "publication": "non_consent_statement_distribution",
    },
    "good_faith_statement": {"yes": "us_tida_good_faith"},
    "bona_fide_statement": {"yes": "bona_fide_statement"},
    "good_faith_copyright_statement": {"yes": "dmca_good_faith"},
    "perjury_statement": {"yes": "dmca_accuracy_perjury"},
    "uk_ncii_declaration": {"yes": "uk_ncii"},
    "uk_subject_declaration": {"self": "uk_subject", "agent": "uk_subject_agent"},
    "jp_private_sexual_statement": {"yes": "jp_private_sexual"},
    "preservation_request": {"yes": "preservation_request", "no": None},
    "confidentiality_request": {"yes": "confidentiality_request", "no": None},
}
# What a machine can see that must not be in any letter.
IMAGE = re.compile(r"data:image|[A-Za-z0-9+/]{200,}={0,2}", re.IGNORECASE)
HASH = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{32,}(?![0-9A-Za-z])")
ID_NUMBER = re.compile(r"(?<!\d)\d{6}\s?-\s?[0-8]\d{6}(?!\d)")
PHONE_NUMBER = re.compile(
    r"(?<!\d)(?:0\d{1,2}[- ]\d{3,4}[- ]\d{4}|\+\d{1,3}[- ]?\d{1,4}[- ]?\d{3,4}[- ]?\d{3,4})(?!\d)"
)


def said(known: Facts, letter: Fact, language: str, name: str, untrusted: str) -> str:
    """Return what stands in the letter for one field; "" for nothing said. Raises BadValue or MustNotStand."""
    text = one_line(untrusted)
    kind = known.field(name)["type"]
    if not text:
        return ""
    if name in STATEMENTS:
        return _statement(known, language, name, text)
    if name == "requested_actions":
        return "\n".join(_choice(known, letter, language, name, each) for each in re.split(r"[,;\s]+", text))
    if kind in ("enum", "bool"):
        return _choice(known, letter, language, name, text)
    if kind in ("url_list", "url"):
        return addresses(name, untrusted)
    if kind == "email" and not EMAIL.fullmatch(text):
        raise BadValue(name, "this does not look like a mail address.")
    if kind == "phone" and not PHONE.fullmatch(text):
        raise BadValue(name, "a phone number has only digits, spaces, + ( ) and -.")
    return text


def refuse_what_must_not_stand(known: Facts, letter: Fact, name: str, text: str, person_name: str) -> None:
    """Raise MustNotStand when a field holds what no letter, or not this letter, may tell."""
    if known.field(name)["type"] in ("url_list", "url"):
        return  # an address may hold long numbers; it is checked as an address
    for rule in found_in(letter, name, text, person_name):
        raise MustNotStand(name, rule, known.phrase("must_not", rule, "en"))


def rules(letter: Fact) -> tuple[str, ...]:
    """Return the names of the rules a machine can check for this letter."""
    phone = () if any("phone" in name or "contact" in name for name in _fields(letter)) else ("phone",)
    return ("image", "hash", "id_number", *phone, *(("name",) if letter.get("nameless") else ()))


def found_in(letter: Fact, name: str, text: str, person_name: str) -> list[str]:
    """Return the rules that `text`, said for the field `name`, breaks."""
    signs = {"image": IMAGE, "hash": HASH, "id_number": ID_NUMBER, "phone": PHONE_NUMBER}
    broken = [rule for rule in rules(letter) if rule in signs and signs[rule].search(text)]
    plain = " ".join(person_name.split()).casefold()
    names_them = len(plain) > 1 and plain in text.casefold()
    if "name" in rules(letter) and names_them and name not in ("requester_email", "reply_channel"):
        broken.append("name")
    return broken


def boxes(known: Facts, language: str, name: str, ticked: str | None) -> str:
    """All the boxes of a form, so that its reader sees which one is meant and which are not."""
    marks = {value: BOX.format("v" if value == ticked else " ") for value in known.field(name)["values"]}
    return "\n".join(f"{mark} {known.value(name, value, language)}" for value, mark in marks.items())


def allowed(known: Facts, letter: Fact, name: str) -> list[str]:
    """Return the choices of a field that this letter takes."""
    barred = letter.get("not_for", {}).get(name, ())
    return [value for value in known.field(name).get("values", ()) if value not in barred]


def addresses(name: str, untrusted: str) -> str:
    """Return web addresses, one a line, as browsers send them."""
    lines = [address_line(each) for each in untrusted.split()]
    if len(lines) > ADDRESSES or not all(lines):
        raise BadValue(name, f"give 1 to {ADDRESSES} web addresses (http or https), with a space between them.")
    return "\n".join(line for line in lines if line)


def _fields(letter: Fact) -> list[str]:
    return [*letter["m"], *letter.get("c", ()), *letter["o"]]


def _statement(known: Facts, language: str, name: str, text: str) -> str:
    choices = STATEMENTS[name]
    spoken = text.casefold()
    chosen = "yes" if spoken in YES else spoken
    if chosen not in choices:
        raise BadValue(name, f"the words are fixed; say {' or '.join(choices)} if they are true.")
    sentence = choices[chosen]
    return known.sentence(sentence, language) if sentence else ""


def _choice(known: Facts, letter: Fact, language: str, name: str, text: str) -> str:
    values = allowed(known, letter, name)
    if text not in values:
        raise BadValue(name, f"{text!r} is not one of {', '.join(values)}.")
    return boxes(known, language, name, text) if name in BOXED else known.value(name, text, language)
