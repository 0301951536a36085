"""Drawn people: nobody looks like this, and nobody is meant."""

from dataclasses import dataclass

import numpy as np

from portal.demo.canvas import Canvas, Colour
from portal.demo.scenes import SCENES


@dataclass(frozen=True)
class Sitter:
    """What a drawn person looks like and where they stand; lengths are fractions of the picture's height."""

    skin: Colour
    hair: Colour
    shirt: Colour
    style: str  # "short", "bob", "long" or "bun"
    behind: str  # a scene, out of focus
    x: float = 0.5
    head: float = 0.2
    glasses: bool = False
    stripes: bool = False
    turned: float = 0.0  # where they look: -1 left, 1 right


SKINS: tuple[Colour, ...] = (
    (0.96, 0.82, 0.70),
    (0.90, 0.72, 0.57),
    (0.76, 0.56, 0.41),
    (0.50, 0.34, 0.24),
)
HAIR: tuple[Colour, ...] = (
    (0.08, 0.06, 0.06),
    (0.25, 0.15, 0.09),
    (0.55, 0.36, 0.16),
    (0.62, 0.62, 0.62),
)


def by_chance(canvas: Canvas) -> Sitter:
    """Make up somebody from the canvas's own seed."""
    chance = canvas.chance
    return Sitter(  # drawn in this order: another order is another person
        skin=SKINS[int(chance.integers(len(SKINS)))],
        hair=HAIR[int(chance.integers(len(HAIR)))],
        shirt=_colour(chance.uniform((0.1, 0.2, 0.35), (0.6, 0.7, 0.9))),
        style=("short", "bob", "long", "bun")[int(chance.integers(4))],
        behind=list(SCENES)[int(chance.integers(len(SCENES)))],
        x=float(chance.uniform(0.28, 0.72)),
        head=float(chance.uniform(0.15, 0.24)),
        glasses=bool(chance.random() < 0.35),
        stripes=bool(chance.random() < 0.4),
        turned=float(chance.uniform(-1, 1)),
    )


def portrait(canvas: Canvas, sitter: Sitter | None = None) -> None:
    """Paint a person in front of an unsharp scene; by chance when nobody is given."""
    sitter = sitter or by_chance(canvas)
    SCENES[sitter.behind](canvas)
    canvas.blur(0.012)
    head = (sitter.x, 0.5 - 0.2 * (0.22 - sitter.head) / 0.22)
    _hair_behind(canvas, sitter, head)
    _shoulders(canvas, sitter, head)
    _face(canvas, sitter, head)
    _hair_front(canvas, sitter, head)
    if sitter.glasses:
        _glasses(canvas, sitter, head)


def _shoulders(canvas: Canvas, sitter: Sitter, head: tuple[float, float]) -> None:
    size, scale = sitter.head, canvas.height / canvas.width
    x, y = head
    neck = y + size * 1.1
    canvas.ellipse((x, neck), (size * 0.36, size * 0.6), _shade(sitter.skin, 0.82))
    wide = size * 1.9 * scale
    outline = [(x - size * 0.4 * scale, neck + size * 0.25), (x + size * 0.4 * scale, neck + size * 0.25)]
    outline += [
        (x + wide * 0.8, neck + size * 0.55),
        (x + wide, 1.2),
        (x - wide, 1.2),
        (x - wide * 0.85, neck + size * 0.6),
    ]
    shirt = canvas.polygon(outline)
    canvas.wash(shirt, sitter.shirt)
    if sitter.stripes:
        bands = (np.sin(np.arange(canvas.height) / canvas.height * 110) > 0.2).astype(np.float32)[:, None]
        canvas.wash(shirt * bands * 0.75, (0.93, 0.92, 0.90))
    folds = np.clip(canvas.texture(5, 4) * 0.16, 0, 0.6)
    canvas.wash(folds, _shade(sitter.shirt, 0.45), shirt)
    canvas.ellipse((x, neck + size * 0.3), (size * 0.4, size * 0.2), _shade(sitter.skin, 0.9))


def _face(canvas: Canvas, sitter: Sitter, head: tuple[float, float]) -> None:
    size, scale, (x, y) = sitter.head, canvas.height / canvas.width, head
    look = sitter.turned * size * 0.14 * scale
    for side in (-1, 1):
        canvas.ellipse(
            (x + side * size * 0.76 * scale, y + size * 0.08),
            (size * 0.11, size * 0.19),
            _shade(sitter.skin, 0.85),
        )
    canvas.ellipse(head, (size * 0.77, size), sitter.skin, light=0.28)
    for side in (-1, 1):
        eye = (x + look + side * size * 0.32 * scale, y - size * 0.05)
        canvas.ellipse(
            (eye[0], eye[1] + size * 0.38), (size * 0.2, size * 0.13), (0.9, 0.45, 0.4), soft=14, strength=0.3
        )
        canvas.ellipse(eye, (size * 0.15, size * 0.085), (0.97, 0.96, 0.95))
        canvas.ellipse((eye[0] + look * 0.3, eye[1]), (size * 0.07, size * 0.08), (0.12, 0.08, 0.06))
        canvas.ellipse((eye[0] + look * 0.3 - 0.002, eye[1] - size * 0.03), (size * 0.02, size * 0.02), (1, 1, 1))
        brow = (eye[0], eye[1] - size * 0.2)
        canvas.ellipse(brow, (size * 0.19, size * 0.035), sitter.hair, angle=side * -0.04)
    canvas.ellipse(
        (x + look * 1.4, y + size * 0.24),
        (size * 0.07, size * 0.16),
        _shade(sitter.skin, 0.86),
        soft=4,
        light=0.4,
    )
    canvas.ellipse((x + look, y + size * 0.50), (size * 0.27, size * 0.12), (0.70, 0.25, 0.26))
    canvas.ellipse((x + look, y + size * 0.43), (size * 0.30, size * 0.10), _shade(sitter.skin, 0.98))


def _hair_behind(canvas: Canvas, sitter: Sitter, head: tuple[float, float]) -> None:
    size, (x, y) = sitter.head, head
    if sitter.style == "long":
        canvas.ellipse((x, y + size * 0.6), (size * 1.06, size * 1.7), sitter.hair, light=0.4)
    elif sitter.style == "bob":
        canvas.ellipse((x, y + size * 0.12), (size * 1.05, size * 1.12), sitter.hair, light=0.4)
    elif sitter.style == "bun":
        canvas.ellipse((x, y - size * 1.2), (size * 0.38, size * 0.36), sitter.hair, light=0.6)
    canvas.ellipse((x, y - size * 0.2), (size * 0.88, size * 0.95), sitter.hair, light=0.3)


def _hair_front(canvas: Canvas, sitter: Sitter, head: tuple[float, float]) -> None:
    size, scale, (x, y) = sitter.head, canvas.height / canvas.width, head
    part = (0.45 if sitter.turned > 0 else -0.45) * size * scale
    canvas.ellipse(
        (x - part * 0.75, y - size * 0.78),
        (size * 0.62, size * 0.3),
        sitter.hair,
        angle=-0.35 * np.sign(part),
        light=0.5,
    )
    canvas.ellipse(
        (x + part, y - size * 0.76),
        (size * 0.42, size * 0.28),
        sitter.hair,
        angle=0.55 * np.sign(part),
        light=0.5,
    )
    for _ in range(60):
        at = canvas.chance.uniform(-0.7, 0.7)
        strand = (
            x + at * size * scale,
            y - size * (1.02 - 0.3 * at * at) + canvas.chance.uniform(-0.02, 0.03),
        )
        tone = _shade(sitter.hair, float(canvas.chance.uniform(0.7, 1.9)))
        canvas.ellipse(strand, (size * 0.13, size * 0.012), tone, angle=float(at * 1.2), strength=0.6)


def _glasses(canvas: Canvas, sitter: Sitter, head: tuple[float, float]) -> None:
    size, scale, (x, y) = sitter.head, canvas.height / canvas.width, head
    look = sitter.turned * size * 0.14 * scale
    rows, columns = np.mgrid[0 : canvas.height, 0 : canvas.width].astype(np.float32)
    for side in (-1, 1):
        middle = (x + look + side * size * 0.32 * scale, y - size * 0.04)
        far = np.hypot(columns / canvas.height - middle[0] / scale, rows / canvas.height - middle[1]) / size
        canvas.wash(np.clip(1 - np.abs(far - 0.26) * 40, 0, 1), (0.08, 0.08, 0.1))
    thick = size * 0.025
    canvas.box(
        x + look - size * 0.08 * scale,
        y - size * 0.06,
        x + look + size * 0.08 * scale,
        y - size * 0.06 + thick,
        (0.08, 0.08, 0.1),
    )


def _shade(colour: Colour, by: float) -> Colour:
    return min(1.0, colour[0] * by), min(1.0, colour[1] * by), min(1.0, colour[2] * by)


def _colour(values: np.ndarray) -> Colour:
    return float(values[0]), float(values[1]), float(values[2])
