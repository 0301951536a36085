"""The demo's album: some 60 harmless pictures, all drawn by code, the same ones every time."""

import hashlib
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

from PIL import Image

from portal.demo import changes
from portal.demo.canvas import Canvas
from portal.demo.people import Sitter, portrait
from portal.demo.scenes import SCENES

SCENES_EACH = 6
STRANGERS = 6
SIZES = ((720, 540), (640, 640), (540, 720), (800, 500))
ENROLLED_SIZE = (1440, 1080)
DECOY_SIZE = (960, 720)

#: The three made-up people's photos.
SITTERS: dict[str, tuple[int, Sitter]] = {
    "kim": (
        7101,
        Sitter(
            (0.95, 0.80, 0.68),
            (0.08, 0.06, 0.06),
            (0.16, 0.36, 0.62),
            "bob",
            "shore",
            x=0.36,
            head=0.22,
            turned=0.8,
        ),
    ),
    "park": (
        7202,
        Sitter(
            (0.90, 0.72, 0.57),
            (0.25, 0.15, 0.09),
            (0.72, 0.22, 0.18),
            "short",
            "town",
            x=0.62,
            head=0.2,
            glasses=True,
            turned=-0.6,
        ),
    ),
    "sample": (
        7303,
        Sitter(
            (0.50, 0.34, 0.24),
            (0.07, 0.06, 0.06),
            (0.86, 0.70, 0.22),
            "bun",
            "forest",
            x=0.42,
            head=0.21,
            stripes=True,
            turned=-0.7,
        ),
    ),
}
#: Looks like Kim, dressed like Kim, at the same sea; but it is another photo.
DECOY = (
    7909,
    Sitter(
        (0.95, 0.80, 0.68),
        (0.08, 0.06, 0.06),
        (0.16, 0.36, 0.62),
        "bob",
        "shore",
        x=0.58,
        head=0.2,
        turned=-0.5,
    ),
)
#: Where Sample's head is, for the composite: left, top, right, bottom as fractions of the photo.
HEAD = (0.22, 0.18, 0.62, 0.75)


@dataclass(frozen=True)
class File:
    """One picture as it is served: an encoded file with its content type and size in pixels."""

    name: str
    data: bytes
    content_type: str
    width: int
    height: int

    def image(self) -> Image.Image:
        """Decode it again (our own file)."""
        return Image.open(io.BytesIO(self.data)).convert("RGB")


@cache
def enrolled(person: str) -> Image.Image:
    """Draw one of the three photos that are enrolled: `kim`, `park` or `sample`."""
    seed, sitter = SITTERS[person]
    return _portrait(seed, ENROLLED_SIZE, sitter)


def unrelated() -> dict[str, tuple[int, str, tuple[int, int]]]:
    """Name every picture that shows none of the three: name -> (seed, scene, size)."""
    album = {}
    for row, scene in enumerate([*SCENES, "stranger"]):
        for number in range(STRANGERS if scene == "stranger" else SCENES_EACH):
            size = SIZES[(row + number) % len(SIZES)]
            album[f"{scene}-{number + 1}"] = (1000 * row + number, scene, size)
    return album


def album() -> dict[str, File]:
    """Draw everything the little web shows, by name; some seconds on two cores."""
    works: list[Callable[[], list[File]]] = [partial(_copies, person) for person in SITTERS]
    works += [_decoy, *(partial(_scene_file, name, *recipe) for name, recipe in unrelated().items())]
    with ThreadPoolExecutor(2) as painters:
        return {file.name: file for files in painters.map(lambda work: work(), works) for file in files}


def photo_file(person: str) -> bytes:
    """Return the photo that the person enrols, as the JPEG file they would choose."""
    return changes.jpeg(enrolled(person), 92)


def small(file: File, width: int) -> File:
    """Return the same picture no wider than `width`, as sites do for their lists."""
    image = file.image()
    image.thumbnail((width, 10 * width), Image.Resampling.LANCZOS)
    return _jpeg(file.name, changes.jpeg(image, 78))


def address_of(name: str) -> str:
    """Return the neutral name a picture has in addresses, so that no address gives away what it shows."""
    return hashlib.blake2b(name.encode(), digest_size=5, person=b"demo-web").hexdigest()


def _copies(person: str) -> list[File]:
    photo = enrolled(person)
    files = {change: make(photo) for change, make in changes.COPIES.items()}
    if person == "kim":
        files["again"] = changes.again(photo)
    elif person == "park":
        files["half"] = changes.half(photo)
    else:
        files["composite"] = changes.composite(photo, _scene(9100, "mountains", (900, 675)), HEAD)
    return [_jpeg(f"{person}-{change}", data) for change, data in files.items()]


def _decoy() -> list[File]:
    seed, sitter = DECOY
    return [_jpeg("decoy", changes.jpeg(_portrait(seed, DECOY_SIZE, sitter)))]


def _scene_file(name: str, seed: int, scene: str, size: tuple[int, int]) -> list[File]:
    """Encode as web pictures are: mostly JPEG, now and then WebP."""
    image = _portrait(seed, size, None) if scene == "stranger" else _scene(seed, scene, size)
    if seed % 7:
        return [_jpeg(name, changes.jpeg(image, 84))]
    file = io.BytesIO()
    image.save(file, "WEBP", quality=80, method=2)
    return [File(name, file.getvalue(), "image/webp", *image.size)]


def _scene(seed: int, scene: str, size: tuple[int, int]) -> Image.Image:
    canvas = Canvas(*size, seed)
    SCENES[scene](canvas)
    return canvas.finish()


def _portrait(seed: int, size: tuple[int, int], sitter: Sitter | None) -> Image.Image:
    canvas = Canvas(*size, seed)
    portrait(canvas, sitter)
    return canvas.finish()


def _jpeg(name: str, data: bytes) -> File:
    return File(name, data, "image/jpeg", *Image.open(io.BytesIO(data)).size)
