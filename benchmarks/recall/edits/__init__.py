"""The edits a photo goes through on its way around the web, each one a seeded function of pixels, by name."""

from benchmarks.recall.edits.added import caption_bar, caption_over, framed, letterboxed, stickered, watermarked
from benchmarks.recall.edits.composites import body_replaced, head_moved
from benchmarks.recall.edits.geometry import cropped, half_cut, half_sides, mirrored, quarter_turned, rotated, stretched
from benchmarks.recall.edits.pictures import Edit
from benchmarks.recall.edits.screens import collage, desktop_screen, messenger, pasted, phone_screen, through_chain
from benchmarks.recall.edits.simple import blurred, grey, levels, noisy, recoloured, recompressed, saved_as, scaled

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
