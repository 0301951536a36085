"""The drawn pictures are the same every time, have structure, and are really different from each other."""

from collections.abc import Mapping
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image

from matchers import Index, fingerprint
from matchers.hashes import pdq
from portal.demo import changes, pictures
from portal.demo.pictures import SITTERS, File
from portal.demo.planted import PLANTED, Expected

FAR = 80  # bits: unrelated photos are around 128, and a match is decided far below this
NEAR = 60


@pytest.fixture(scope="module")
def hashes(album: Mapping[str, File]) -> dict[str, tuple]:
    return {name: pdq.all_orientations(np.asarray(file.image())) for name, file in album.items()}


@pytest.fixture(scope="module")
def photos() -> dict[str, tuple]:
    return {person: pdq.all_orientations(np.asarray(pictures.enrolled(person))) for person in SITTERS}


def bits_apart(one: tuple, other: tuple) -> int:
    (first, *_), _quality = one
    orientations, _quality = other
    return min(first.distance(turned) for turned in orientations)


@pytest.mark.parametrize("name", ["kim-messenger", "decoy", "stranger-3", "forest-2"])
def test_a_picture_is_the_same_whenever_it_is_drawn(album: Mapping[str, File], name: str) -> None:
    if name == "decoy":
        again = pictures._decoy()[0]
    elif name in pictures.unrelated():
        again = pictures._scene_file(name, *pictures.unrelated()[name])[0]
    else:
        again = next(file for file in pictures._copies("kim") if file.name == name)

    assert again == album[name]


def test_every_picture_has_structure_enough_for_a_perceptual_hash(hashes: dict[str, tuple]) -> None:
    assert {name for name, (_, quality) in hashes.items() if quality < 70} == set()


def test_unrelated_pictures_are_really_different_in_every_orientation(hashes: dict[str, tuple]) -> None:
    names = [*pictures.unrelated(), "decoy"]
    close = [
        (one, other, bits)
        for number, one in enumerate(names)
        for other in names[:number]
        if (bits := bits_apart(hashes[one], hashes[other])) < FAR
    ]

    assert close == []


def test_unrelated_pictures_are_far_from_every_enrolled_photo(
    hashes: dict[str, tuple], photos: dict[str, tuple]
) -> None:
    names = [*pictures.unrelated(), "decoy"]

    assert min(bits_apart(hashes[name], photo) for name in names for photo in photos.values()) >= FAR


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.name)
def test_planted_pictures_are_as_near_or_far_as_the_list_expects(
    hashes: dict[str, tuple], photos: dict[str, tuple], plant
) -> None:
    bits = bits_apart(hashes[plant.name], photos[plant.person])

    if plant.expected is Expected.SILENT or plant.change in ("half", "composite"):  # only their parts are alike
        assert bits >= FAR
    else:
        assert bits < NEAR


def test_the_matchers_say_of_every_picture_what_the_list_expects(album: Mapping[str, File]) -> None:
    index, people = Index(), {uuid4(): person for person in SITTERS}
    for enrolment, person in people.items():
        index.add(enrolment, fingerprint(pictures.photo_file(person)))

    said = {
        (name, people[candidate.enrolment], candidate.kind)
        for name, file in album.items()
        for shown in (file, pictures.small(file, 320))
        for candidate in index.search(fingerprint(shown.data))
    }

    wanted = {plant for plant in PLANTED if plant.expected in (Expected.FOUND, Expected.UNSEEN)}
    assert {(name, person) for name, person, _ in said} == {(plant.name, plant.person) for plant in wanted}
    for plant in wanted:
        assert {kind for name, _, kind in said if name == plant.name} <= plant.kinds


def test_a_trimmed_copy_lost_a_twentieth_of_its_area() -> None:
    photo = Image.new("RGB", (2000, 1000))
    across, down = changes._margin(photo.width), changes._margin(photo.height)

    assert (2000 - 2 * across) * (1000 - 2 * down) == pytest.approx(0.95 * 2_000_000, rel=0.002)


def test_a_forwarded_copy_has_no_side_above_1280_pixels(album: Mapping[str, File]) -> None:
    assert (album["kim-messenger"].width, album["kim-messenger"].height) == (1280, 960)
