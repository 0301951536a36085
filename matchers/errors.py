"""What can go wrong while comparing pictures, each with a sentence that says what to do."""

SENTENCES = {
    "empty": "This file is empty: choose another.",
    "format": "This is not a picture we can read: use JPEG, PNG, GIF, WebP, AVIF or BMP.",
    "broken": "This picture is damaged: open it in a photo program, save it anew, and try that file.",
    "truncated": "Too little of this picture is there: the file was cut short. Fetch or copy it again.",
    "too-large": "This picture has too many pixels (over 40 million): make it smaller and try again.",
    "too-heavy": "This file is larger than 50 MB: save it smaller and try again.",
    "too-many-scans": "This JPEG is built to be slow to open: save it anew and try that file.",
    "tiny": "This picture is too small to recognise again: use one with at least 100 pixels on each side.",
    "flat": "This picture has too little structure to recognise again (one colour, fog, a blank page): use another.",
}
UNKNOWN = "This picture has no usable fingerprint: use another."


class MatchersError(Exception):
    """Base of all errors of this package."""


class Unhashable(MatchersError):
    """A picture without a usable fingerprint. `reason` is a short slug to count by; the text says what to do."""

    def __init__(self, reason: str, words: str | None = None) -> None:
        super().__init__(words or SENTENCES.get(reason, UNKNOWN))
        self.reason = reason


class OtherVersion(MatchersError, ValueError):
    """A fingerprint of another version than this program makes: they never meet."""
