"""The head box of a photo, as it is written on the command line: left,top,width,height."""

from typing import TYPE_CHECKING

from portal.cli import say

if TYPE_CHECKING:
    from matchers.fingerprint import Box

HELP = "Box around the head: left,top,width,height, in pixels of the photo as it is shown, or in shares like 0.3."


def head_box(written: str | None) -> "Box | None":
    """Return the four numbers; leave with a sentence where they are something else."""
    if written is None:
        return None
    try:
        left, top, width, height = (float(each) for each in written.split(","))
    except ValueError:
        say.fail(f"--head wants four numbers, left,top,width,height, such as 120,80,200,240: not {written}.")
    if not (left >= 0 and top >= 0 and 0 < width < 1e6 and 0 < height < 1e6):
        say.fail(f"--head wants a box with a width and a height, such as 120,80,200,240: not {written}.")
    return left, top, width, height
