"""Pictures that share their make and nothing else: pages, charts, screens of one chat."""

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.recall.edits.pictures import Photo, font, words

BARS = ("#4472c4", "#ed7d31", "#a5a5a5", "#ffc000")


def document(random: np.random.Generator) -> Photo:
    """A page with a letterhead: the same mark and heading, other lines."""
    page = Image.new("RGB", (1000, 1300), "white")
    pen = ImageDraw.Draw(page)
    pen.rectangle((60, 50, 160, 150), outline=(20, 60, 140), width=8)
    pen.ellipse((80, 70, 140, 130), fill=(200, 30, 40))
    pen.text((190, 70), "CITY COUNCIL OF SPRINGFIELD", fill="black", font=font(38))
    pen.text((190, 120), "Department of Records, Form 27-B", fill="black", font=font(24))
    pen.line((60, 180, 940, 180), fill="black", width=3)
    for y in range(220, 1200, 40):
        pen.text((60, y), words(random, 11), fill="black", font=font(24))
    return np.asarray(page)


def chart(random: np.random.Generator) -> Photo:
    """A chart of one program: the same axes and colours, other bars."""
    sheet = Image.new("RGB", (900, 600), "white")
    pen = ImageDraw.Draw(sheet)
    pen.line((80, 520, 860, 520), fill="black", width=3)
    pen.line((80, 60, 80, 520), fill="black", width=3)
    for bar in range(8):
        left, height = 110 + bar * 92, int(random.integers(50, 430))
        pen.rectangle((left, 520 - height, left + 60, 520), fill=BARS[bar % len(BARS)])
        pen.text((left + 5, 530), f"Q{bar + 1}", fill="black", font=font(24))
    for mark in range(0, 500, 100):
        pen.text((20, 510 - mark), str(mark), fill="black", font=font(22))
    pen.text((300, 15), "Sales " + words(random, 2), fill="black", font=font(30))
    return np.asarray(sheet)


def chat(random: np.random.Generator) -> Photo:
    """A screen of one chat program: other bubbles, other words."""
    screen = Image.new("RGB", (720, 1480), (178, 199, 217))
    pen = ImageDraw.Draw(screen)
    pen.rectangle((0, 0, 720, 110), fill=(160, 180, 200))
    pen.text((30, 40), words(random, 1), fill="black", font=font(40))
    y = 140
    while y < 1400:
        left, width, lines = random.random() < 0.5, int(random.integers(200, 480)), int(random.integers(1, 4))
        x = 100 if left else 690 - width
        if left:
            pen.ellipse((20, y, 80, y + 60), fill=tuple(int(c) for c in random.integers(0, 256, 3)))
        bubble = (x, y, x + width, y + 20 + 36 * lines)
        pen.rounded_rectangle(bubble, 18, fill="white" if left else (254, 229, 0))
        for line in range(lines):
            pen.text((x + 16, y + 10 + 36 * line), words(random, 4)[: width // 16], fill="black", font=font(28))
        y += 50 + 36 * lines
    return np.asarray(screen)
