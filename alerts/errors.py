"""What can go wrong while telling a person: each error says what to do next."""

from collections.abc import Iterable


class AlertsError(Exception):
    """Anything the alerts package refuses or cannot do."""


class NoticeError(AlertsError):
    """A notice that is not written, with the reason."""


class UnknownNotice(NoticeError):
    """A notice type that does not exist or is not offered."""

    def __init__(self, asked: str, offered: Iterable[str]) -> None:
        super().__init__(f"There is no notice type {asked!r}. Choose one of: {', '.join(offered)}.")


class UnknownLanguage(NoticeError):
    """A language this notice has no words in."""

    def __init__(self, notice_type: str, asked: str, offered: Iterable[str]) -> None:
        super().__init__(f"{notice_type} is not written in {asked!r}. Choose one of: {', '.join(offered)}.")


class UnknownField(NoticeError):
    """A value was given for a field that this notice does not have."""

    def __init__(self, notice_type: str, asked: str, offered: Iterable[str]) -> None:
        super().__init__(f"{notice_type} has no field {asked!r}. Its fields: {', '.join(offered)}.")


class BadValue(NoticeError):
    """A value that this field cannot take."""

    def __init__(self, field: str, why: str) -> None:
        self.field = field
        super().__init__(f"{field}: {why}")


class MustNotStand(BadValue):
    """A field that holds what must not be in this letter; `rule` names it in words.yaml."""

    def __init__(self, field: str, rule: str, words: str) -> None:
        self.rule = rule
        super().__init__(field, f"this letter must not hold {words}. Say it without.")


class OnlyACard(NoticeError):
    """A way that is not a letter of ours: `lines` say where to turn, nothing is written or kept."""

    def __init__(self, notice_type: str, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__(f"{notice_type} is not a letter. " + " ".join(self.lines))


class MissingField(NoticeError):
    """Fields the law or the form asks for and nobody gave: `fields` maps each name to its label."""

    def __init__(self, notice_type: str, fields: dict[str, str], how: dict[str, str]) -> None:
        self.fields = fields
        named = "; ".join(f"{name} ({label}) - {how[name]}" for name, label in fields.items())
        super().__init__(f"{notice_type} is not written, because this is missing: {named}.")


class AuthorityRoute(NoticeError):
    """The person is a minor: no letter of ours, the way is the police and the hotline."""

    def __init__(self, places: Iterable[str]) -> None:
        super().__init__(
            "For someone who is under age no letter is written and no address is shown here. "
            f"Call or use: {', '.join(places)}. They act on the page themselves."
        )


class DeliveryFailed(AlertsError):
    """A delivery that was not taken.

    `slug` names the reason without personal data; `final` means that trying again is no use; `wait_s` is how
    many seconds the other side asked us to wait.
    """

    def __init__(self, slug: str, *, final: bool = False, wait_s: float = 0.0) -> None:
        self.slug = slug
        self.final = final
        self.wait_s = wait_s
        super().__init__(slug)


class NoPaper(AlertsError):
    """The part that makes PDFs is not installed."""

    def __init__(self) -> None:
        super().__init__("PDFs need one more package: pip install 'watchlight[pdf]'. Text and mail draft work without.")


class Unprintable(AlertsError):
    """A sign that none of our fonts can draw: better no PDF than one with holes."""

    def __init__(self, signs: str) -> None:
        self.signs = signs
        super().__init__(
            f"The PDF is not made: our fonts cannot draw {signs!r}. Use the text or the mail draft instead."
        )


class NoTimeStamp(AlertsError):
    """A time stamp that could not be had, or that does not hold; the sentence says why."""
