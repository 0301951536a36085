"""What the demo's pictures show: landscapes, towns and still lifes (people are in people.py)."""

from collections.abc import Callable

import numpy as np

from portal.demo.canvas import Canvas, Colour, Floats

SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((0.35, 0.55, 0.85), (0.80, 0.88, 0.95)),
    ((0.15, 0.18, 0.35), (0.93, 0.55, 0.35)),
    ((0.05, 0.06, 0.14), (0.20, 0.22, 0.38)),
    ((0.62, 0.66, 0.70), (0.86, 0.86, 0.84)),
    ((0.90, 0.60, 0.62), (0.99, 0.88, 0.70)),
)
FRUIT: tuple[Colour, ...] = (
    (0.85, 0.16, 0.12),
    (0.95, 0.62, 0.10),
    (0.93, 0.83, 0.25),
    (0.45, 0.62, 0.20),
    (0.42, 0.15, 0.38),
)


def mountains(canvas: Canvas) -> None:
    """Ridges behind ridges, darker as they come nearer, under clouds."""
    chance = canvas.chance
    _sky(canvas)
    haze = canvas.pixels[int(canvas.height * 0.4)].mean(axis=0)
    layers = int(chance.integers(3, 6))
    lichen = np.clip(canvas.texture(18, 4) * 0.12, 0, 1)
    for layer in range(layers):
        depth = (layer + 1) / layers
        rock = np.array(_near(chance, (0.16, 0.24, 0.20), 0.10))
        colour = tuple(float(c) for c in haze * (1 - depth) * 0.8 + rock * (0.2 + 0.8 * depth))
        height = 0.28 + 0.5 * depth * chance.uniform(0.75, 1.1)
        mask = _ridge(canvas, height, 0.24 * (1.2 - 0.6 * depth))
        canvas.wash(mask, (colour[0], colour[1], colour[2]))
        canvas.wash(np.roll(lichen, layer * 97, axis=1), (0.9, 0.9, 0.8), mask)


def shore(canvas: Canvas) -> None:
    """A sea that mirrors the sky, an island, a strip of sand, a boat or two."""
    chance = canvas.chance
    _sky(canvas)
    horizon = float(chance.uniform(0.35, 0.62))
    deep, near = _near(chance, (0.08, 0.25, 0.38), 0.1), _near(chance, (0.30, 0.52, 0.58), 0.1)
    canvas.gradient(near, deep, start=horizon)
    below = (np.arange(canvas.height)[:, None] > horizon * canvas.height).astype(np.float32)
    canvas.wash(np.clip(canvas.texture(20, 4, stretch=7) * 0.3, 0, 0.7), (0.85, 0.9, 0.92), below)
    for _ in range(int(chance.integers(1, 4))):
        middle, wide = chance.uniform(0.05, 0.95), chance.uniform(0.1, 0.35)
        canvas.ellipse((middle, horizon), (wide, wide * 0.35), _near(chance, (0.2, 0.3, 0.22), 0.08), light=0.6)
        foot = horizon + wide * 0.2
        canvas.ellipse((middle, foot), (wide * 1.1, wide * 0.2), deep, soft=14, strength=0.8)
    sand = _ridge(canvas, float(chance.uniform(0.72, 1.0)), 0.18, octaves=2)
    canvas.wash(sand, _near(chance, (0.78, 0.69, 0.50), 0.08))
    canvas.wash(np.clip(canvas.texture(50, 3) * 0.15, 0, 1), (0.45, 0.38, 0.25), sand)
    for _ in range(int(chance.integers(1, 4))):
        _boat(canvas, float(chance.uniform(0.1, 0.9)), horizon + float(chance.uniform(0.05, 0.25)))


def forest(canvas: Canvas) -> None:
    """Trunks near and far in a clearing, light falling through the leaves."""
    chance = canvas.chance
    canvas.gradient(_near(chance, (0.55, 0.70, 0.40), 0.15), _near(chance, (0.20, 0.28, 0.12), 0.08))
    canvas.wash(np.clip(canvas.texture(6, 5) * 0.35, 0, 0.8), _near(chance, (0.90, 0.93, 0.60), 0.08))
    ground = _ridge(canvas, float(chance.uniform(0.66, 0.85)), 0.1)
    canvas.wash(ground, _near(chance, (0.36, 0.27, 0.15), 0.08))
    bark = np.clip(canvas.texture(24, 3) * 0.2, 0, 1)
    for trunk in range(int(chance.integers(6, 13))):
        near = trunk / 12
        x, lean = chance.uniform(-0.05, 1.05), chance.uniform(-0.06, 0.06)
        half = chance.uniform(0.008, 0.02) + 0.03 * near
        foot = 0.7 + 0.35 * near
        mask = canvas.polygon(
            [(x - half, foot), (x + half, foot), (x + lean + half * 0.7, 0), (x + lean - half * 0.7, 0)]
        )
        canvas.wash(mask, _near(chance, (0.22, 0.16, 0.11), 0.07))
        canvas.wash(bark, (0.6, 0.5, 0.4), mask)
    _leaves(canvas, 240)


def town(canvas: Canvas) -> None:
    """Houses shoulder to shoulder with lit windows, a street in front."""
    chance = canvas.chance
    _sky(canvas)
    for row in range(3):
        x = float(-chance.uniform(0, 0.1))
        while x < 1:
            wide = float(chance.uniform(0.07, 0.2))
            top = float(chance.uniform(0.12, 0.5)) + row * 0.14
            _house(canvas, (x, top, x + wide), _near(chance, (0.50, 0.44, 0.42), 0.22))
            x += wide + float(chance.uniform(0.0, 0.03))
    canvas.gradient((0.30, 0.30, 0.32), (0.16, 0.16, 0.18), start=0.86)
    for dash in range(6):
        canvas.box(dash / 6 + 0.03, 0.925, dash / 6 + 0.1, 0.935, (0.85, 0.82, 0.6))
    canvas.wash(np.clip(canvas.texture(30, 3) * 0.08, 0, 1), (0.1, 0.1, 0.12))


def still_life(canvas: Canvas) -> None:
    """A table at a wall with fruit, a vase and a few books."""
    chance = canvas.chance
    wall, wood = _near(chance, (0.62, 0.60, 0.55), 0.25), _near(chance, (0.45, 0.29, 0.16), 0.12)
    canvas.gradient(wall, _near(chance, wall, 0.15))
    canvas.wash(np.clip(canvas.texture(5, 5) * 0.18, 0, 1), _near(chance, (0.85, 0.82, 0.75), 0.15))
    edge = float(chance.uniform(0.5, 0.72))
    table = (np.arange(canvas.height)[:, None] > edge * canvas.height).astype(np.float32)
    canvas.wash(table + np.zeros_like(canvas.pixels[..., 0]), wood)
    canvas.wash(np.clip(canvas.texture(30, 3, stretch=9) * 0.25, 0, 1), (0.2, 0.11, 0.05), table)
    _books(canvas, edge)
    _vase(canvas, float(chance.uniform(0.2, 0.8)), edge)
    for _ in range(int(chance.integers(4, 9))):
        x, y, size = chance.uniform(0.05, 0.95), edge + chance.uniform(0.02, 0.3), chance.uniform(0.05, 0.12)
        canvas.ellipse((x + 0.03, y + size * 0.9), (size * 1.2, size * 0.3), (0.1, 0.06, 0.03), soft=12, strength=0.7)
        canvas.ellipse((x, y), (size, size * 0.95), FRUIT[int(chance.integers(len(FRUIT)))], light=1.0)
        canvas.ellipse((x - size * 0.25, y - size * 0.4), (size * 0.2, size * 0.13), (1, 1, 1), soft=8, strength=0.6)


def dish(canvas: Canvas) -> None:
    """A bowl from above with its toppings in sectors, beside smaller plates."""
    chance = canvas.chance
    canvas.gradient(_near(chance, (0.40, 0.30, 0.22), 0.2), _near(chance, (0.52, 0.40, 0.30), 0.2))
    canvas.wash(np.clip(canvas.texture(16, 4, stretch=6) * 0.25, 0, 1), (0.15, 0.09, 0.05))
    for _ in range(int(chance.integers(2, 6))):
        _plate(canvas, chance.uniform(0, 1), chance.uniform(0, 1), chance.uniform(0.1, 0.22))
    x, y, size = chance.uniform(0.3, 0.7), chance.uniform(0.35, 0.65), chance.uniform(0.3, 0.42)
    canvas.ellipse((x + 0.02, y + 0.03), (size * 1.05, size * 1.05), (0.08, 0.05, 0.04), soft=20, strength=0.7)
    canvas.ellipse((x, y), (size, size), _near(chance, (0.25, 0.24, 0.24), 0.15), light=0.6)
    canvas.ellipse((x, y), (size * 0.86, size * 0.86), (0.93, 0.91, 0.86))
    start, toppings = chance.uniform(0, 6), int(chance.integers(5, 8))
    for piece in range(toppings):
        angle = start + piece * 2 * np.pi / toppings
        spot = (x + np.cos(angle) * size * 0.5 * canvas.height / canvas.width, y + np.sin(angle) * size * 0.5)
        hue = _near(chance, FRUIT[piece % len(FRUIT)], 0.12)
        canvas.ellipse(spot, (size * 0.34, size * 0.22), hue, angle=angle, light=0.4)
        for _ in range(25):
            speck = (spot[0] + chance.normal(0, size * 0.1), spot[1] + chance.normal(0, size * 0.1))
            canvas.ellipse(speck, (0.022, 0.006), _near(chance, hue, 0.2), angle=float(chance.uniform(0, 3)))
    canvas.ellipse((x, y), (size * 0.2, size * 0.2), (0.97, 0.96, 0.92), light=0.2)
    canvas.ellipse((x, y), (size * 0.1, size * 0.1), (0.97, 0.72, 0.12), light=0.7)


SCENES: dict[str, Callable[[Canvas], None]] = {
    "mountains": mountains,
    "shore": shore,
    "forest": forest,
    "town": town,
    "still-life": still_life,
    "dish": dish,
}


def _near(chance: np.random.Generator, colour: Colour, spread: float) -> Colour:
    """Return a colour close to the given one, by chance."""
    red, green, blue = np.clip(np.array(colour) + chance.uniform(-spread, spread, 3), 0.02, 0.98)
    return float(red), float(green), float(blue)


def _sky(canvas: Canvas) -> None:
    chance = canvas.chance
    top, bottom = SKIES[int(chance.integers(len(SKIES)))]
    canvas.gradient(_near(chance, top, 0.06), _near(chance, bottom, 0.06), end=0.75)
    canvas.pixels[int(canvas.height * 0.75) :] = canvas.pixels[int(canvas.height * 0.75) - 1, 0]
    clouds = np.clip(canvas.texture(int(chance.integers(2, 5)), 5, stretch=float(chance.uniform(1, 3))) * 0.45, 0, 0.9)
    canvas.wash(clouds, _near(chance, (0.88, 0.86, 0.84), 0.1))
    spot = (float(chance.uniform(0.08, 0.92)), float(chance.uniform(0.06, 0.3)))
    canvas.ellipse(spot, (0.16, 0.16), (1.0, 0.93, 0.78), soft=90, strength=0.6)
    canvas.ellipse(spot, (0.05, 0.05), (1.0, 0.97, 0.88), soft=4)


def _ridge(canvas: Canvas, height: float, swing: float, octaves: int = 6) -> Floats:
    """Return the mask of everything under a jagged line that swings around `height`."""
    line = np.zeros(canvas.width, np.float32)
    for octave in range(octaves):
        knots = canvas.chance.standard_normal(3 + 2 * 2**octave)
        places = np.linspace(0, len(knots) - 1, canvas.width)
        line += (0.5**octave * np.interp(places, np.arange(len(knots)), knots)).astype(np.float32)
    edge = (height + swing * line / 2) * canvas.height
    return np.clip(np.arange(canvas.height, dtype=np.float32)[:, None] - edge[None, :], 0, 1)


def _boat(canvas: Canvas, x: float, y: float) -> None:
    size = float(canvas.chance.uniform(0.03, 0.08))
    hull = canvas.polygon(
        [(x - size, y), (x + size, y), (x + size * 0.7, y + size * 0.4), (x - size * 0.7, y + size * 0.4)]
    )
    sail = canvas.polygon([(x, y - size * 2.2), (x, y - 0.005), (x + size * 0.9, y - 0.005)])
    canvas.wash(hull, _near(canvas.chance, (0.45, 0.15, 0.12), 0.12))
    canvas.wash(sail, (0.95, 0.94, 0.9))


def _leaves(canvas: Canvas, many: int) -> None:
    chance = canvas.chance
    hue = _near(chance, (0.35, 0.45, 0.12), 0.2)
    middles = chance.uniform(-0.1, 1.1, (7, 2)) * (1, 0.55)
    for _ in range(many):
        x, y = middles[int(chance.integers(len(middles)))] + chance.normal(0, 0.09, 2)
        size = float(chance.uniform(0.008, 0.03))
        canvas.ellipse((x, y), (size, size * 0.5), _near(chance, hue, 0.12), angle=float(chance.uniform(0, 3)))


def _house(canvas: Canvas, place: tuple[float, float, float], colour: Colour) -> None:
    left, top, right = place
    canvas.box(left, top, right, 1.0, colour)
    canvas.box(left, top, left + (right - left) * 0.12, 1.0, _dim(colour, 0.75))
    canvas.box(left, top, right, top + 0.015, _dim(colour, 0.5))
    across = max(2, round((right - left) / 0.035))
    for row in range(int((0.86 - top) / 0.07)):
        for column in range(across):
            x, y = left + (column + 0.25) * (right - left) / across, top + 0.03 + row * 0.07
            lit = canvas.chance.random() < 0.45
            glass = (0.96, 0.86, 0.55) if lit else _dim(colour, 0.35)
            canvas.box(x, y, x + 0.5 * (right - left) / across, y + 0.04, glass)


def _books(canvas: Canvas, edge: float) -> None:
    x = float(canvas.chance.uniform(0, 0.7))
    for _ in range(int(canvas.chance.integers(3, 8))):
        wide, tall = float(canvas.chance.uniform(0.02, 0.05)), float(canvas.chance.uniform(0.18, 0.36))
        hue = _near(canvas.chance, (0.45, 0.35, 0.35), 0.3)
        canvas.box(x, edge - tall, x + wide, edge + 0.02, hue)
        canvas.box(x, edge - tall * 0.85, x + wide, edge - tall * 0.78, _dim(hue, 1.6))
        canvas.box(x, edge - tall, x + wide * 0.15, edge + 0.02, _dim(hue, 0.6))
        x += wide


def _vase(canvas: Canvas, x: float, edge: float) -> None:
    chance = canvas.chance
    hue, tall = _near(chance, (0.30, 0.42, 0.55), 0.25), float(chance.uniform(0.14, 0.22))
    for _ in range(int(chance.integers(5, 10))):
        tip = (x + float(chance.normal(0, 0.1)), edge - tall - float(chance.uniform(0.12, 0.38)))
        stem = canvas.polygon([(x - 0.004, edge - tall), (x + 0.004, edge - tall), (tip[0] + 0.003, tip[1]), tip])
        canvas.wash(stem, (0.2, 0.35, 0.15))
        petal = _near(chance, (0.80, 0.45, 0.50), 0.25)
        for turn in range(6):
            around = (tip[0] + np.cos(turn) * 0.022, tip[1] + np.sin(turn) * 0.03)
            canvas.ellipse(around, (0.032, 0.02), petal, angle=float(turn), light=0.4)
        canvas.ellipse(tip, (0.016, 0.016), (0.9, 0.75, 0.2))
    canvas.ellipse((x, edge - tall * 0.3), (tall * 0.55, tall * 0.75), hue, light=1.0)
    canvas.box(x - 0.03, edge - tall * 1.15, x + 0.03, edge - tall * 0.8, _dim(hue, 0.9))


def _plate(canvas: Canvas, x: float, y: float, size: float) -> None:
    canvas.ellipse((x + 0.01, y + 0.02), (size * 1.05, size * 1.05), (0.08, 0.05, 0.04), soft=14, strength=0.6)
    canvas.ellipse((x, y), (size, size), _near(canvas.chance, (0.85, 0.84, 0.80), 0.12), light=0.3)
    canvas.ellipse((x, y), (size * 0.7, size * 0.7), FRUIT[int(canvas.chance.integers(len(FRUIT)))], light=0.6)


def _dim(colour: Colour, by: float) -> Colour:
    return min(1.0, colour[0] * by), min(1.0, colour[1] * by), min(1.0, colour[2] * by)
