"""What people do to a photo before they post it again, and what only looks alike."""

import io
import uuid

import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps

from matchers import Index, fingerprint

ENROLMENT = uuid.UUID(int=1)


@pytest.fixture
def index(fp) -> Index:
    """An index with picture 1 among ninety-nine others."""
    index = Index()
    index.add(ENROLMENT, fp(1))
    for seed in range(2, 21):
        index.add(uuid.UUID(int=seed), fp(seed, width=320, height=240))
    return index


def recompressed(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


def trimmed(image: Image.Image, area: float = 0.05) -> Image.Image:
    width, height = image.size
    kept = (1 - area) ** 0.5
    left, top = int(width * (1 - kept) * 0.3), int(height * (1 - kept) * 0.7)
    return image.crop((left, top, left + int(width * kept), top + int(height * kept)))


def captioned(image: Image.Image) -> Image.Image:
    image = image.copy()
    pen, height = ImageDraw.Draw(image), image.height
    pen.rectangle((0, height * 0.9, image.width, height), fill="black")
    pen.text((20, height * 0.91), "look who this is", fill="white", font=ImageFont.load_default(height // 18))
    return image


def forwarded(image: Image.Image) -> Image.Image:
    """A messenger's chain: 1280 pixels, quality 70 twice, 5 % cropped, a line of text."""
    image = image.copy()
    image.thumbnail((1280, 1280))
    image = trimmed(recompressed(image, 70))
    ImageDraw.Draw(image).text((30, 30), "forwarded", fill="white", font=ImageFont.load_default(image.height // 20))
    return recompressed(image, 70)


COPIES = {
    "the same": (lambda image: image, "whole"),
    "half the size, recompressed": (lambda image: recompressed(image.resize((400, 300)), 50), "whole"),
    "a thumbnail": (lambda image: recompressed(image.resize((120, 90)), 70), "whole"),
    "trimmed by 5 % of the area": (trimmed, "whole"),
    "captioned": (captioned, "whole"),
    "through a messenger": (forwarded, "whole"),
    "in grey": (lambda image: image.convert("L"), "whole"),
    "mirrored": (ImageOps.mirror, "flipped"),
    "upside down": (lambda image: image.rotate(180), "rotated"),
    "on its side": (lambda image: image.rotate(90, expand=True), "rotated"),
    "on its other side": (lambda image: image.rotate(270, expand=True), "rotated"),
    "mirrored, through a messenger": (lambda image: forwarded(ImageOps.mirror(image)), "flipped"),
}


@pytest.mark.parametrize("edit", COPIES)
def test_a_copy_is_found_and_its_kind_is_named(edit, index, draw, save):
    change, kind = COPIES[edit]

    found = index.search(fingerprint(save(change(draw(1)), "JPEG", quality=85)))

    assert [(candidate.enrolment, candidate.kind) for candidate in found] == [(ENROLMENT, kind)]
    assert found[0].confidence > 0.6


@pytest.mark.parametrize("seed", range(100, 120))
def test_another_picture_of_the_same_drawn_kind_only_looks_alike(seed, index, fp):
    assert index.search(fp(seed)) == []


def test_two_pages_of_text_are_two_pages(save):
    def page(words: str) -> bytes:
        image = Image.new("RGB", (800, 1100), "white")
        pen, font = ImageDraw.Draw(image), ImageFont.load_default(24)
        for line in range(28):
            pen.text((60, 60 + 36 * line), f"{words} {line * 7919 % 97} {words[: line % 9]}", fill="black", font=font)
        return save(image, "PNG")

    index = Index()
    index.add(ENROLMENT, fingerprint(page("a letter to the editor of a paper")))

    assert index.search(fingerprint(page("minutes of what was said on Monday morning"))) == []


def test_an_enrolment_made_in_a_browser_has_no_witness_and_is_still_found(fp, draw, save):
    import dataclasses

    index = Index()
    index.add(ENROLMENT, dataclasses.replace(fp(1), witness=None))

    assert [found.enrolment for found in index.search(fingerprint(save(trimmed(draw(1)), "JPEG")))] == [ENROLMENT]
