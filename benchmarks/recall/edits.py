"""The edits a photo goes through on its way around the web, each one a seeded function of pixels.

An edit takes the photo (uint8 RGB, height x width x 3), what it may borrow (`Borrowed`) and a random
generator, and gives the file a crawler would download (JPEG, PNG or WebP bytes). Nothing is read from
the clock or the network, so the same seed gives the same file.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

Photo = np.ndarray
Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""


@dataclass(frozen=True)
class Borrowed:
    """What an edit may use besides the photo: other pictures, and where the head is."""

    hosts: tuple[Photo, ...]
    face: Box | None = None


Edit = Callable[[Photo, Borrowed, np.random.Generator], bytes]


def jpeg(photo: Photo, quality: int) -> bytes:
    """Save as JPEG with 4:2:0 colour."""
    out = io.BytesIO()
    Image.fromarray(photo).save(out, "JPEG", quality=int(quality))
    return out.getvalue()


def other_format(photo: Photo, name: str) -> bytes:
    """Save as PNG or WebP."""
    out = io.BytesIO()
    Image.fromarray(photo).save(out, name, **({"quality": 60} if name == "WEBP" else {}))
    return out.getvalue()


def pixels(data: bytes) -> Photo:
    """Decode a file we made ourselves."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def resized(photo: Photo, factor: float) -> Photo:
    """Scale both sides by `factor`; never below 8 px."""
    height, width = photo.shape[:2]
    size = (max(8, round(width * factor)), max(8, round(height * factor)))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def long_side(photo: Photo, length: int) -> Photo:
    """Scale so that the longer side is `length`."""
    return resized(photo, length / max(photo.shape[:2]))


def clipped(values: np.ndarray) -> Photo:
    """Round to bytes."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own typeface: every machine has it."""
    return ImageFont.load_default(size=max(8, size))


WORDS = [
    "wait",
    "what",
    "is",
    "this",
    "really",
    "true",
    "when",
    "you",
    "see",
    "her",
    "again",
    "nobody",
    "told",
    "me",
    "look",
    "at",
    "that",
    "day",
    "my",
    "friend",
]


def words(random: np.random.Generator, count: int) -> str:
    """Draw a caption."""
    return " ".join(random.choice(WORDS, count))


def place(random: np.random.Generator, outer: tuple[int, int], inner: tuple[int, int]) -> tuple[int, int]:
    """Choose the top left corner (x, y) of an inner box (width, height) within the outer one."""
    return tuple(int(random.integers(0, max(1, o - i + 1))) for o, i in zip(outer, inner, strict=True))  # type: ignore[return-value]


# Simple edits -----------------------------------------------------------------------------------------


def recompressed(quality: int) -> Edit:
    """JPEG at `quality`."""
    return lambda photo, borrowed, random: jpeg(photo, quality)


def scaled(factor: float) -> Edit:
    """Both sides by `factor`, JPEG 85."""
    return lambda photo, borrowed, random: jpeg(resized(photo, factor), 85)


def saved_as(name: str) -> Edit:
    """Another file format."""
    return lambda photo, borrowed, random: other_format(photo, name)


def blurred(sigma: float) -> Edit:
    """Gaussian blur of `sigma` pixels at 640 px long side."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        return jpeg(cv2.GaussianBlur(photo, (0, 0), sigma * max(photo.shape[:2]) / 640), 85)

    return edit


def noisy(sigma: float) -> Edit:
    """Gaussian noise of `sigma` grey levels."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        return jpeg(clipped(photo + random.normal(0, sigma, photo.shape)), 85)

    return edit


def grey(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """Black and white."""
    return jpeg(np.repeat(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2), 85)


def levels(gain: float, offset: float, gamma: float = 1.0) -> Edit:
    """Brightness, contrast and gamma."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        return jpeg(clipped(255 * (np.clip(photo * gain + offset, 0, 255) / 255) ** gamma), 85)

    return edit


def tinted(photo: Photo, random: np.random.Generator) -> Photo:
    """Shift the colours: a gain for each channel, hue, saturation, contrast and gamma."""
    hsv = cv2.cvtColor(clipped(photo * random.uniform(0.75, 1.25, 3)), cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + random.uniform(-10, 10)) % 180
    hsv[..., 1] *= random.uniform(0.5, 1.5)
    toned = cv2.cvtColor(clipped(hsv), cv2.COLOR_HSV2RGB) / 255
    toned = np.clip((toned - 0.5) * random.uniform(0.8, 1.25) + 0.5, 0, 1) ** random.uniform(0.75, 1.33)
    return clipped(255 * toned)


def recoloured(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """A colour filter."""
    return jpeg(tinted(photo, random), 85)


# Geometry ---------------------------------------------------------------------------------------------


def mirrored(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """Left is right."""
    return jpeg(photo[:, ::-1], 85)


def quarter_turned(turns: int) -> Edit:
    """Turned by 90 degrees times `turns`."""
    return lambda photo, borrowed, random: jpeg(np.ascontiguousarray(np.rot90(photo, turns)), 85)


def rotation(photo: Photo, degrees: float, *, inside: bool) -> Photo:
    """Turn about the centre; with `inside`, keep the largest middle part without empty corners."""
    height, width = photo.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    turned = cv2.warpAffine(photo, matrix, (width, height), flags=cv2.INTER_CUBIC)
    if not inside:
        return turned
    sine, cosine = abs(np.sin(np.radians(degrees))), abs(np.cos(np.radians(degrees)))
    keep = 1 / (cosine + sine * max(width / height, height / width))
    inner_w, inner_h = int(width * keep), int(height * keep)
    x, y = (width - inner_w) // 2, (height - inner_h) // 2
    return np.ascontiguousarray(turned[y : y + inner_h, x : x + inner_w])


def rotated(degrees: float) -> Edit:
    """Turned left or right, with black corners or cut to fit."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        sign = 1 if random.random() < 0.5 else -1
        return jpeg(rotation(photo, sign * degrees, inside=random.random() < 0.5), 85)

    return edit


def cropping(photo: Photo, keep_width: float, keep_height: float, random: np.random.Generator) -> Photo:
    """Keep a part of the given relative size, anywhere."""
    height, width = photo.shape[:2]
    size = (max(16, round(width * keep_width)), max(16, round(height * keep_height)))
    x, y = place(random, (width, height), size)
    return np.ascontiguousarray(photo[y : y + size[1], x : x + size[0]])


def cropped(percent: float) -> Edit:
    """`percent` of the area cut away."""
    keep = (1 - percent / 100) ** 0.5
    return lambda photo, borrowed, random: jpeg(cropping(photo, keep, keep, random), 85)


def half_sides(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """Half of each side: a quarter of the area is left."""
    return jpeg(cropping(photo, 0.5, 0.5, random), 85)


def half_cut(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """The left, right, upper or lower half."""
    sizes = (0.5, 1.0) if random.random() < 0.5 else (1.0, 0.5)
    return jpeg(cropping(photo, *sizes, random), 85)


def stretched(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """Aspect ratio changed by 12 %."""
    height, width = photo.shape[:2]
    return jpeg(cv2.resize(photo, (round(width * 1.12), height), interpolation=cv2.INTER_CUBIC), 85)


# Things added -----------------------------------------------------------------------------------------


def bordered(photo: Photo, x: int, y: int, colour: tuple[int, int, int]) -> Photo:
    """Add bars of `x` pixels left and right and `y` above and below."""
    return cv2.copyMakeBorder(photo, y, y, x, x, cv2.BORDER_CONSTANT, value=colour)


def letterboxed(percent: float) -> Edit:
    """Black bars above and below, or left and right."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        height, width = photo.shape[:2]
        wide = random.random() < 0.5
        x, y = (0, round(height * percent / 100)) if wide else (round(width * percent / 100), 0)
        return jpeg(bordered(photo, x, y, (0, 0, 0)), 85)

    return edit


def framed(percent: float) -> Edit:
    """A frame of one colour all round."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        width = round(max(photo.shape[:2]) * percent / 100)
        return jpeg(bordered(photo, width, width, tuple(int(c) for c in random.integers(0, 256, 3))), 85)  # type: ignore[arg-type]

    return edit


def with_text(photo: Photo, text: str, y: float, size: float = 0.07) -> Photo:
    """Write outlined text across the picture at relative height `y`."""
    canvas = Image.fromarray(photo)
    pen, letters = ImageDraw.Draw(canvas), font(round(photo.shape[0] * size))
    centre = (photo.shape[1] / 2, photo.shape[0] * y)
    pen.text(centre, text, font=letters, fill="white", anchor="mm", stroke_width=2, stroke_fill="black")
    return np.asarray(canvas)


def caption_over(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """Meme text above and below, written on the photo."""
    lined = with_text(photo, words(random, 4).upper(), 0.08)
    return jpeg(with_text(lined, words(random, 3).upper(), 0.92), 85)


def caption_bar(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """A white bar with black text above the photo."""
    height, width = photo.shape[:2]
    bar = Image.new("RGB", (width, max(30, height // 6)), "white")
    ImageDraw.Draw(bar).text(
        (10, bar.height / 2), words(random, 6), fill="black", anchor="lm", font=font(bar.height // 3)
    )
    return jpeg(np.vstack([np.asarray(bar), photo]), 85)


def stickered(percent: float) -> Edit:
    """Round and square stickers that hide `percent` of the photo."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        canvas = Image.fromarray(photo)
        pen, count = ImageDraw.Draw(canvas), int(random.integers(1, 4))
        side = int((photo.shape[0] * photo.shape[1] * percent / 100 / count) ** 0.5)
        for _ in range(count):
            x, y = place(random, (photo.shape[1], photo.shape[0]), (side, side))
            colour = tuple(int(c) for c in random.integers(0, 256, 3))
            shape = pen.ellipse if random.random() < 0.5 else pen.rectangle
            shape((x, y, x + side, y + side), fill=colour, outline="black", width=3)
            pen.arc((x + side // 4, y + side // 4, x + 3 * side // 4, y + 3 * side // 4), 20, 160, "black", 4)
        return jpeg(np.asarray(canvas), 85)

    return edit


def watermarked(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """Half-transparent text again and again."""
    layer = Image.new("L", (photo.shape[1], photo.shape[0]), 0)
    pen, size = ImageDraw.Draw(layer), max(12, photo.shape[0] // 14)
    for y in range(size, photo.shape[0], size * 4):
        for x in range(-size, photo.shape[1], size * 8):
            pen.text((x, y), "SAMPLE.NET", fill=110, font=font(size))
    alpha = np.asarray(layer)[..., None] / 255
    return jpeg(clipped(photo * (1 - alpha) + 255 * alpha), 85)


# Seen through something -------------------------------------------------------------------------------


def chained(photo: Photo, random: np.random.Generator) -> Photo:
    """Through a messenger: 5 % cropped, 1280 px at most, text on it, JPEG 70."""
    smaller = cropping(photo, 0.975, 0.975, random)
    smaller = resized(smaller, min(1.0, 1280 / max(smaller.shape[:2])))
    return pixels(jpeg(with_text(smaller, words(random, 2), random.uniform(0.1, 0.9), 0.05), 70))


def through_chain(edit: Edit) -> Edit:
    """Any edit, then the messenger chain."""
    return lambda photo, borrowed, random: jpeg(chained(pixels(edit(photo, borrowed, random)), random), 70)


def messenger(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """The messenger chain alone."""
    return jpeg(chained(photo, random), 70)


def phone_screen(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """A phone's screenshot: status bar, an app's header, the photo at full width, buttons, comments."""
    dark = random.random() < 0.5
    back, ink = ((18, 18, 18), (235, 235, 235)) if dark else ((255, 255, 255), (20, 20, 20))
    screen = Image.new("RGB", (720, 1480), back)
    pen = ImageDraw.Draw(screen)
    pen.text((30, 14), f"{random.integers(1, 13)}:{random.integers(10, 60)}", fill=ink, font=font(26))
    pen.rectangle((650, 18, 690, 36), outline=ink, width=3)
    pen.ellipse((24, 70, 84, 130), fill=tuple(int(c) for c in random.integers(0, 256, 3)))
    pen.text((100, 86), words(random, 2), fill=ink, font=font(28))
    shown = long_side(photo, 720) if photo.shape[1] >= photo.shape[0] else resized(photo, 720 / photo.shape[1])
    shown = shown[: 1480 - 150 - 300]
    screen.paste(Image.fromarray(shown), (0, 150))
    y = 150 + shown.shape[0] + 20
    for x in (30, 100, 170):
        pen.ellipse((x, y, x + 44, y + 44), outline=ink, width=4)
    for line in range(4):
        pen.text((30, y + 70 + 44 * line), words(random, 6), fill=ink, font=font(26))
    return other_format(np.asarray(screen), "PNG") if random.random() < 0.5 else jpeg(np.asarray(screen), 80)


def desktop_screen(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """A desktop's screenshot: a browser with the photo in the middle of a page, about 45 % of the width."""
    screen = Image.new("RGB", (1366, 768), (240, 240, 244))
    pen = ImageDraw.Draw(screen)
    pen.rectangle((0, 0, 1366, 84), fill=(222, 225, 230))
    pen.rounded_rectangle((120, 44, 1100, 76), 14, fill="white")
    pen.text((140, 50), "https://" + words(random, 1) + ".example/" + words(random, 1), fill="black", font=font(18))
    shown = resized(photo, min(620 / photo.shape[1], 600 / photo.shape[0]))
    screen.paste(Image.fromarray(shown), (int(random.integers(60, 300)), 110))
    for line in range(14):
        pen.text((960, 120 + 40 * line), words(random, 5), fill=(40, 40, 40), font=font(20))
    return other_format(np.asarray(screen), "PNG")


def fitted(photo: Photo, width: int, height: int) -> Photo:
    """Fill a box, cutting what stands over: how collage makers do it."""
    bigger = resized(photo, max(width / photo.shape[1], height / photo.shape[0]) + 0.002)
    y, x = (bigger.shape[0] - height) // 2, (bigger.shape[1] - width) // 2
    return bigger[y : y + height, x : x + width]


def collage(columns: int, rows: int) -> Edit:
    """One tile of a collage of `columns` x `rows`, the photo's own shape kept within its tile."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        unit = resized(photo, (1200 / columns) / photo.shape[1])
        height, width = unit.shape[:2]
        mine = int(random.integers(columns * rows))
        canvas = np.full((rows * height, columns * width, 3), 255, np.uint8)
        for tile in range(columns * rows):
            host = borrowed.hosts[tile % len(borrowed.hosts)]
            y, x = tile // columns * height, tile % columns * width
            canvas[y : y + height, x : x + width] = unit if tile == mine else fitted(host, width, height)
        return jpeg(resized(canvas, min(1.0, 1280 / max(canvas.shape[:2]))), 85)

    return edit


def pasted(percent: float) -> Edit:
    """Laid on another picture, its longer side `percent` of the other's longer side."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        host = long_side(borrowed.hosts[0], 1000).copy()
        small = resized(
            photo,
            min(1000 * percent / 100 / max(photo.shape[:2]), 0.98 * min(host.shape[:2]) / max(photo.shape[:2])),
        )
        x, y = place(random, (host.shape[1], host.shape[0]), (small.shape[1], small.shape[0]))
        host[y : y + small.shape[0], x : x + small.shape[1]] = small
        return jpeg(host, 85)

    return edit


# Composites, as makers of fakes build them ------------------------------------------------------------


def feather(shape: tuple[int, int], box: Box, softness: float, *, oval: bool) -> np.ndarray:
    """Return a mask 0..1 that is 1 within `box` and fades over `softness` of its shorter side."""
    x, y, width, height = box
    mask = np.zeros(shape, np.float32)
    if oval:
        cv2.ellipse(mask, (x + width // 2, y + height // 2), (width // 2, height // 2), 0, 0, 360, 1, -1)
    else:
        mask[y : y + height, x : x + width] = 1
    return cv2.GaussianBlur(mask, (0, 0), max(1.0, softness * min(width, height)))[..., None]


def torso(photo: Photo, face: Box | None, area: float, random: np.random.Generator) -> Box:
    """Choose the box that is replaced: under the head where there is one, else in the lower part."""
    height, width = photo.shape[:2]
    top_limit = 0 if face is None else min(height - 8, face[1] + face[3])
    box_h = int(min(height * random.uniform(area**0.5, 1.0), max(height - top_limit, height * area)))
    box_w = int(min(width, area * width * height / box_h))
    box_h = int(min(height, area * width * height / box_w))
    middle = width / 2 if face is None else face[0] + face[2] / 2
    x = int(np.clip(middle - box_w / 2, 0, width - box_w))
    return x, height - box_h, box_w, box_h


def body_replaced(area: float) -> Edit:
    """C1: head and background kept, `area` of the photo replaced by foreign texture, feathered."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        box = torso(photo, borrowed.face, area, random)
        foreign = fitted(borrowed.hosts[0], photo.shape[1], photo.shape[0])
        mask = feather(photo.shape[:2], box, 0.04, oval=False)
        return jpeg(clipped(photo * (1 - mask) + foreign * mask), 80)

    return edit


def head_box(photo: Photo, face: Box | None, random: np.random.Generator) -> Box:
    """Choose the head region: 10-30 % of the photo, around the face where there is one."""
    height, width = photo.shape[:2]
    area = random.uniform(0.10, 0.30) * width * height
    aspect = random.uniform(0.75, 1.0) if face is not None else random.uniform(0.7, 1.4)
    box_w = int(min(width, (area * aspect) ** 0.5))
    box_h = int(min(height, area / box_w))
    if face is None:
        return (*place(random, (width, height), (box_w, box_h)), box_w, box_h)
    x = int(np.clip(face[0] + face[2] / 2 - box_w / 2, 0, width - box_w))
    y = int(np.clip(face[1] + face[3] * 0.45 - box_h / 2, 0, height - box_h))
    return x, y, box_w, box_h


def turned_cutout(photo: Photo, box: Box, factor: float, degrees: float, *, oval: bool) -> tuple[Photo, np.ndarray]:
    """Cut the box out, feathered, scaled by `factor` and turned; give pixels and mask."""
    x, y, width, height = box
    mask = feather(photo.shape[:2], box, 0.06, oval=oval)
    size = (round(width * factor * 1.2), round(height * factor * 1.2))
    matrix = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), degrees, factor)
    matrix[:, 2] += np.array(size) / 2 - (x + width / 2, y + height / 2)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    cut = cv2.warpAffine(photo, matrix, size, flags=how)
    return cut, cv2.warpAffine(mask, matrix, size)[..., None]


def head_moved(*, colours: bool) -> Edit:
    """C2: the head region scaled 0.5-1.5, turned up to 10 degrees, on another picture; C3 with other colours."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        host = long_side(borrowed.hosts[0], max(photo.shape[:2])).astype(np.float32)
        box = head_box(photo, borrowed.face, random)
        factor = random.uniform(0.5, 1.5)
        factor = min(factor, host.shape[1] / (box[2] * 1.2) - 0.01, host.shape[0] / (box[3] * 1.2) - 0.01)
        source = tinted(photo, random) if colours else photo
        cut, mask = turned_cutout(source, box, factor, random.uniform(-10, 10), oval=random.random() < 0.5)
        height, width = cut.shape[:2]
        x, y = place(random, (host.shape[1], host.shape[0]), (width, height))
        under = host[y : y + height, x : x + width]
        under[:] = under * (1 - mask) + cut * mask
        return jpeg(clipped(host), 70)

    return edit


SIMPLE: dict[str, Edit] = {
    "jpeg q10": recompressed(10),
    "jpeg q25": recompressed(25),
    "jpeg q50": recompressed(50),
    "jpeg q75": recompressed(75),
    "png": saved_as("PNG"),
    "webp": saved_as("WEBP"),
    "half size": scaled(0.5),
    "quarter size": scaled(0.25),
    "size x1.5": scaled(1.5),
    "brighter": levels(1.0, 40),
    "darker": levels(0.6, 0),
    "more contrast": levels(1.4, -50),
    "gamma": levels(1.0, 0, 1.6),
    "grey": grey,
    "colour filter": recoloured,
    "blur 1": blurred(1),
    "blur 2": blurred(2),
    "noise 8": noisy(8),
    "noise 20": noisy(20),
}

HARD: dict[str, Edit] = {
    "mirror": mirrored,
    "turned 90": quarter_turned(1),
    "turned 180": quarter_turned(2),
    "rotate 2": rotated(2),
    "rotate 5": rotated(5),
    "rotate 10": rotated(10),
    "rotate 15": rotated(15),
    "crop 5 %": cropped(5),
    "crop 10 %": cropped(10),
    "crop 20 %": cropped(20),
    "crop 30 %": cropped(30),
    "crop 50 %": cropped(50),
    "half cut": half_cut,
    "half of each side": half_sides,
    "stretched": stretched,
    "letterbox 10 %": letterboxed(10),
    "frame 4 %": framed(4),
    "frame 10 %": framed(10),
    "caption over": caption_over,
    "caption bar": caption_bar,
    "sticker 5 %": stickered(5),
    "sticker 15 %": stickered(15),
    "watermark": watermarked,
    "messenger chain": messenger,
    "phone screenshot": phone_screen,
    "phone screenshot + chain": through_chain(phone_screen),
    "desktop screenshot": desktop_screen,
    "collage 2-up": collage(2, 1),
    "collage 2x2": collage(2, 2),
    "collage 3x3": collage(3, 3),
    "pasted at 30 %": pasted(30),
}

COMPOSITES: dict[str, Edit] = {
    "C1 25 %": body_replaced(0.25),
    "C1 40 %": body_replaced(0.40),
    "C1 55 %": body_replaced(0.55),
    "C2": head_moved(colours=False),
    "C3": head_moved(colours=True),
}

CHAINED: dict[str, Edit] = {
    f"{name} + chain": through_chain({**HARD, **COMPOSITES}[name])
    for name in ("mirror", "rotate 10", "crop 50 %", "collage 2x2", "pasted at 30 %", *COMPOSITES)
}

EDITS: dict[str, Edit] = {**SIMPLE, **HARD, **COMPOSITES, **CHAINED}
