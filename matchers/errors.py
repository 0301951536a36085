"""What can go wrong while comparing pictures, each with a sentence that says what to do."""

SENTENCES = {
    "empty": "This file is empty: choose another.",
    "format": "This is not a picture we can read: save it as JPEG, PNG, GIF, WebP, AVIF or BMP and use that file.",
    "broken": "This picture is damaged: open it in a photo program, save it anew, and use that file.",
    "truncated": "Too little of this picture is there, the file was cut short: copy or download it again.",
    "too-large": "This picture has too many pixels (over 40 million): make it smaller and use that file.",
    "too-heavy": "This file is larger than 50 MB: save it smaller and use that file.",
    "too-many-scans": "This JPEG is built to be slow to open: save it anew and use that file.",
    "no-pictures": "There are no moving pictures in this video file: choose another.",
    "codec": "This video is coded in a way we do not read: save it as MP4 (H.264) or WebM and use that file.",
    "head-outside": "The head box does not lie within this picture: write left,top,width,height of the photo as shown.",
    "tiny": "This picture is too small to recognise again: use one with at least 64 pixels on its shorter side.",
    "flat": "This picture has too little structure to recognise again (one colour, fog, a blank page): use another.",
}
"""Every reason a picture can be refused for, with what a person reads."""


class MatchersError(Exception):
    """Base of all errors of this package."""


class Unhashable(MatchersError):
    """A picture without a usable fingerprint. `reason` is a short slug to count by; the text says what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(SENTENCES[reason])
        self.reason = reason

    def __reduce__(self) -> tuple[type["Unhashable"], tuple[str]]:
        """Travel between processes as the reason; the sentence is made anew."""
        return type(self), (self.reason,)
