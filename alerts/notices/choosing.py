"""Which letters fit one case, best first, each with the reason: by recipient, country, age and what the material is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from alerts.contacts import platform_of, registrable
from alerts.notices.facts import Facts, facts
from alerts.notices.offered import everything, languages

MATERIALS = ("intimate", "ordinary", "own_work", "unknown")
EU = frozenset(
    ("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT")
) | {"LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"}  # with the three of the EEA
SPOKEN = {"DE": "de", "AT": "de", "FR": "fr", "BE": "fr", "LU": "fr", "ES": "es", "JP": "ja", "KR": "ko"}
SEARCH = ("google_search", "bing")
KOREAN = ("naver", "kakao_daum", "dcinside")


@dataclass(frozen=True)
class Situation:
    """What the choice depends on. `country` is the person's (two letters), `material` one of MATERIALS."""

    country: str
    minor: bool
    host: str
    platform: str | None
    material: str = "unknown"
    sent_before: bool = False

    @property
    def korean(self) -> bool:
        """Say whether Korean law is close: the person lives there, or the service is a Korean one."""
        return self.country == "KR" or self.platform in KOREAN or self.host.endswith(".kr")

    @property
    def intimate(self) -> bool:
        """Say whether sexual or intimate material must be thought of; only the sender can rule it out."""
        return self.material in ("intimate", "unknown")

    @property
    def ordinary(self) -> bool:
        """Say whether an ordinary picture must be thought of."""
        return self.material in ("ordinary", "unknown")


@dataclass(frozen=True)
class Proposal:
    """One letter (or card) that fits: the language to send it in, and why it is proposed."""

    type: str
    language: str
    reason: str
    card: bool

    def words(self, known: Facts, language: str) -> str:
        """Return the reason in the reader's language."""
        return known.phrase("reasons", self.reason, language)


Rule = tuple[str, str, Callable[[Situation], bool]]
# Type, reason, when. The order is the order of the proposals.
RULES: tuple[Rule, ...] = (
    ("followup_second_notice", "followup", lambda s: s.sent_before),
    ("internet_archive", "archive", lambda s: s.platform == "internet_archive"),
    ("search_delist", "search", lambda s: s.platform in SEARCH),
    ("kr_tba_22_5", "kr_intimate", lambda s: s.korean and s.intimate),
    ("kr_network_act_44_2", "kr_ordinary", lambda s: s.korean and s.ordinary),
    ("kr_d4u_request", "kr_support", lambda s: s.country == "KR" and s.intimate),
    ("kr_kmcsc_review", "kr_review", lambda s: s.country == "KR" and s.intimate),
    ("kr_police_report", "kr_police", lambda s: s.country == "KR" and s.intimate),
    ("kr_pipa_36", "kr_data", lambda s: s.korean and s.ordinary),
    ("kr_network_act_44_12", "kr_large", lambda s: s.korean and s.ordinary),
    ("us_tida", "us_intimate", lambda s: s.country == "US" and s.intimate),
    ("uk_intimate_image_report", "uk_intimate", lambda s: s.country in ("GB", "UK") and s.intimate),
    ("au_esafety_iba", "au_any", lambda s: s.country == "AU" and s.intimate),
    ("jp_idpa_private_sexual_image", "jp_intimate", lambda s: s.country == "JP" and s.intimate),
    ("eu_dsa_16", "eu_any", lambda s: s.country in EU or s.platform == "telegram"),
    ("gdpr_art17_21", "eu_data", lambda s: s.country in EU),
    ("uk_gdpr_ico", "uk_data", lambda s: s.country in ("GB", "UK")),
    ("ca_pointers", "ca_any", lambda s: s.country == "CA"),
    ("us_dmca_512c3", "own_work", lambda s: s.material == "own_work"),
    ("site_operator_policy_notice", "policy", lambda s: s.platform not in (*SEARCH, "internet_archive")),
    ("cdn_host_abuse", "host", lambda s: s.platform is None),
    ("registrar_abuse", "registrar", lambda s: s.platform is None and registrable(s.host) is not None),
    ("search_delist", "search_too", lambda s: s.platform not in SEARCH),
)


def situation(page_url: str, country: str, minor: bool, known: Facts, material: str, sent_before: bool) -> Situation:
    """Return the situation of one exposure, by the host a browser would go to."""
    host, platform = platform_of(page_url, known)
    return Situation(country.upper(), minor, host, str(platform["id"]) if platform else None, material, sent_before)


def choose(found: Situation, today: date) -> list[Proposal]:
    """Return the letters that fit, best first. A minor gets the way to the authorities and nothing else."""
    known = facts(today)
    if found.minor:
        return [Proposal("us_2258a_pointer", _card_language(found), "minor", card=True)]
    offered = {each.id: each for each in everything(today)}
    proposals: dict[str, Proposal] = {}
    for type, reason, fits in RULES:
        if type in offered and type not in proposals and fits(found):
            language = _language(known, type, found)
            proposals[type] = Proposal(type, language, reason, offered[type].card)
    return list(proposals.values())


def why(type: str, found: Situation, today: date) -> Proposal:
    """Return the reason for a type that was chosen by hand: the one it would be proposed for, else that it was not."""
    for proposal in choose(found, today):
        if proposal.type == type:
            return proposal
    return Proposal(type, _language(facts(today), type, found), "asked_for", card=False)


def _language(known: Facts, type: str, found: Situation) -> str:
    """The language its reader understands: the country's for a letter of its law, else the language of the site."""
    letter = next((one for one in known.letters() if one["notice_type"] == type), None)
    if letter is None:
        return _card_language(found)
    ready = [each for each in letter["lang"] if each in languages(known, letter)]
    fact = known.notice_type(type)
    everywhere = fact is not None and fact["jurisdiction"] == "global"
    country = found.host.rpartition(".")[2].upper() if everywhere else found.country
    local = "ko" if found.platform in KOREAN else SPOKEN.get(country, "en")
    return local if local in ready else "en" if "en" in ready else ready[0]


def _card_language(found: Situation) -> str:
    return "ko" if found.country == "KR" else "en"
