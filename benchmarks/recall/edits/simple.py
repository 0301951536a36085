"""Simple edits: another quality, size, format, brightness, colour, blur, noise."""

import cv2
import numpy as np

from benchmarks.recall.edits.pictures import Borrowed, Edit, Photo, clipped, jpeg, other_format, resized


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
