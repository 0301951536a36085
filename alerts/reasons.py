"""Why a picture was taken for a copy, in plain words: what is alike, how much of it, and how sure that is."""

from registry.cases import Exposure

BITS = 256  # of the hash that whole pictures are compared by
WHOLE = ("whole", "flipped", "rotated")
ALIKE = {
    "whole": {"ko": "그림 전체가 사진과 같아 보입니다", "en": "The whole picture looks like the photo"},
    "flipped": {
        "ko": "그림 전체가 사진을 뒤집은 것과 같아 보입니다",
        "en": "The whole picture looks like the photo, mirrored",
    },
    "rotated": {
        "ko": "그림 전체가 사진을 돌린 것과 같아 보입니다",
        "en": "The whole picture looks like the photo, turned",
    },
    "cropped": {"ko": "그림이 사진의 일부를 담은 것 같습니다", "en": "The picture looks like a part of the photo"},
    "region": {
        "ko": "그림의 일부가 사진의 일부와 같아 보입니다",
        "en": "A part of the picture looks like a part of the photo",
    },
    "composite": {
        "ko": "사진의 일부가 다른 그림에 합쳐진 것 같습니다",
        "en": "A part of the photo seems to be put into another picture",
    },
}
POINTS = {
    "ko": "비교한 {bits}가지 특징 가운데 {agree}가지가 같습니다",
    "en": "{agree} of {bits} features that were compared agree",
}
PLACES = {
    "ko": "여러 부분의 특징이 같은 자리에 같은 모양으로 있습니다",
    "en": "features in several places agree, and lie in the same positions to each other",
}
MOMENT = {"ko": "움직이는 그림의 {at} 지점에 나옵니다", "en": "It is shown at {at} of the moving picture"}
VERY_LIKELY, LIKELY = 0.9, 0.6
"""Confidence from which a likeness is called so, to everybody in the same words."""
SURE = (
    (VERY_LIKELY, {"ko": "같은 그림일 가능성이 매우 높습니다", "en": "very likely it is the same"}),
    (LIKELY, {"ko": "같은 그림일 가능성이 높습니다", "en": "likely it is the same"}),
    (0.0, {"ko": "같은 그림일 수 있지만 아닐 수도 있습니다", "en": "it may be the same, and it may not"}),
)


def why(exposure: Exposure, language: str) -> str:
    """Return the reason as one sentence in Korean or English: no hash, no address, no word found on a page."""
    known = language if language in ("ko", "en") else "en"
    alike = ALIKE.get(exposure.kind, ALIKE["region"])[known]
    if exposure.kind in WHOLE:
        evidence = POINTS[known].format(bits=BITS, agree=max(0, BITS - exposure.distance))
    else:
        evidence = PLACES[known]
    sure = next(words[known] for least, words in SURE if exposure.confidence >= least)
    moment = "" if exposure.at_ms is None else f" {MOMENT[known].format(at=clock(exposure.at_ms))}."
    return f"{alike}: {evidence}. {sure[0].upper()}{sure[1:]}.{moment}"


def clock(at_ms: int) -> str:
    """Return a moment as players show it: 00:12, 1:05:09."""
    minutes, seconds = divmod(at_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"
