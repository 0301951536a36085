"""The words of an all-clear, in Korean and English: what was looked at, what was not, and what it does not mean."""

from dataclasses import asdict
from datetime import UTC, datetime

from babel.dates import format_date

from alerts.allclear import AllClear

REPORT_SUBJECTS = {"ko": "정기 안내입니다", "en": "Your regular report"}
NOTHING = {
    "ko": "{since}부터 {until}까지 새로 발견된 것이 없습니다.",
    "en": "From {since} to {until} nothing new was found.",
}
NEWS = {
    "ko": "{since}부터 {until}까지 새 소식이 {n}건 있었고, 따로 알려 드렸습니다. 그 밖에 새로 발견된 것은 없습니다.",
    "en": "From {since} to {until} there was news ({n}), and we told you about it. Apart from that, nothing was found.",
}
BLIND = {
    "ko": "{since}부터 {until}까지 한 곳도 살펴보지 못했습니다. 그래서 아무것도 말씀드릴 수 없습니다. "
    "운영하는 사람들이 그 이유를 볼 수 있습니다.",
    "en": "From {since} to {until} we could not look anywhere, so we cannot tell you anything. "
    "The people who run this can see why.",
}
HELD = {
    "ko": "비슷해 보이는 것 {n}건은 운영하는 사람들이 먼저 확인하고 있습니다. 맞는 것이면 알려 드립니다.",
    "en": "What looks alike in {n} cases is being checked first by the people who run this. If it holds, we tell you.",
}
LOOKED = {
    "ko": "살펴본 것: 공개된 곳 {places}곳, 페이지 {pages}쪽, 그림 {pictures}장. 사진 {photos}장과 비교했습니다.",
    "en": "Where we looked: {places} public places, {pages} pages, {pictures} pictures. Photos of yours: {photos}.",
}
MISSED = {
    "ko": "보지 못한 것:",
    "en": "What we could not see:",
}
REASONS = {
    "unvisited": {"ko": "이 기간에 전혀 살펴보지 못한 곳: {n}", "en": "places not looked at in this time: {n}"},
    "unrendered": {
        "ko": "브라우저가 있어야 보이는데 여기에는 없어서 보지 못한 곳: {n}",
        "en": "places that need a full browser, which is missing here: {n}",
    },
    "whole_only": {
        "ko": "그림 전체만 비교하고 사진의 일부는 찾지 않은 곳: {n}",
        "en": "places where we compared whole pictures only, and did not look for parts of your photos: {n}",
    },
    "videos": {
        "ko": "속을 들여다보지 않은 동영상 (대표 그림은 보았습니다): {n}",
        "en": "videos we did not look into (their still pictures we did): {n}",
    },
    "robots": {
        "ko": "주인이 자동으로 보는 것을 허락하지 않은 페이지와 그림: {n}",
        "en": "pages and pictures whose owners do not allow it: {n}",
    },
    "failed": {
        "ko": "대답이 없거나 볼 수 없었던 페이지와 그림: {n}",
        "en": "pages and pictures that did not answer or did not let us look: {n}",
    },
    "unusable": {
        "ko": "너무 작거나 손상되어 비교할 수 없는 그림: {n}",
        "en": "pictures too small, too plain or too broken to compare: {n}",
    },
    "budget": {
        "ko": "시간이나 양이 모자라 다음으로 미룬 페이지와 그림: {n}",
        "en": "pages and pictures left for another time, to be polite to their hosts: {n}",
    },
}
LIMITS = {
    "ko": (
        "이 안내가 뜻하지 않는 것: 비공개 방, 개인 메시지, 로그인해야 보이는 페이지는 보지 않습니다. "
        "많이 바뀐 사본이나 사진의 작은 일부만 담은 사본은 놓칠 수 있고, 등록하지 않은 사진은 찾지 않으며, "
        "얼굴을 알아보지 않습니다. 발견된 것이 없다는 말은 우리가 살펴본 페이지에 없었다는 뜻이고, 약속은 아닙니다."
    ),
    "en": (
        "What this does not mean: we never see closed rooms, private messages, or pages behind a login. We can miss "
        "copies that were changed a lot or show only a small part, we do not look for what you did not add, and we do "
        "not recognise faces. Nothing found means: not on the pages we looked at. It is not a promise."
    ),
}
IN_YOUR_ACCOUNT = {
    "ko": "정기 안내가 준비되었습니다. 계정에서 원하실 때 읽어 보세요.",
    "en": "Your regular report is ready. You can read it in your account, when you like.",
}


def in_words(report: AllClear, language: str) -> list[str]:
    """Return the whole report as paragraphs of plain text."""
    parts = [verdict(report, language)]
    if report.held:
        parts.append(HELD[language].format(n=report.held))
    if report.looked.pages:
        parts.append(LOOKED[language].format(photos=report.photos, **_counts(report)))
    reasons = missed(report, language)
    if reasons:
        parts.append("\n".join([MISSED[language], *(f"- {reason}" for reason in reasons)]))
    return [*parts, LIMITS[language]]


def short(report: AllClear, language: str) -> list[str]:
    """Return what may stand in a message for who wants to read only that there is one."""
    calm = report.looked.pages and not report.news and not report.held
    return [verdict(report, language), IN_YOUR_ACCOUNT[language]] if calm else [IN_YOUR_ACCOUNT[language]]


def verdict(report: AllClear, language: str) -> str:
    """Return the one sentence that matters: nothing new, news that was told, or that nothing can be said."""
    words = BLIND if not report.looked.pages else NEWS if report.news else NOTHING
    since, until = (_day(moment, language) for moment in (report.since, report.until))
    return words[language].format(since=since, until=until, n=report.news)


def missed(report: AllClear, language: str) -> list[str]:
    """Return what could not be seen, one line for each reason that there is."""
    counts = asdict(report.looked)
    return [words[language].format(n=_number(counts[reason])) for reason, words in REASONS.items() if counts[reason]]


def _counts(report: AllClear) -> dict[str, str]:
    return {name: _number(count) for name, count in asdict(report.looked).items()}


def _number(count: int) -> str:
    return f"{count:,}"


def _day(moment: datetime, language: str) -> str:
    return format_date(moment.astimezone(UTC).date(), "long", locale=language)
