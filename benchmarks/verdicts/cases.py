"""Labelled responses as text: what one host answers for a page, its picture and its front page, and what is true.

=== name : truth            with " : never-on-the-page" after it: no earlier look saw the picture in the page
> page 404                  a status, or "refused", "dropped"; "later" before it: from the second look on
server: nginx               headers, in small letters
<html>...                   the body, up to the next section; PICTURE stands for the picture's address
> picture 200 @same         a drawn picture: @same, @smaller, @mirrored, @other, @placeholder, @pixel, @broken
> home @like other-case     the page of another case
> /path 200                 any other address of that host; `> robots` is its robots.txt
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

SAVED = Path(__file__).parents[2] / "tests" / "verdicts"
PAGE = "/t/1"
PICTURE = "/files/2026/IMG_47110815.jpg"
PATHS = {"page": PAGE, "picture": PICTURE, "home": "/", "robots": "/robots.txt"}
HEADER = re.compile(r"[a-z][a-z0-9-]*: ")
HOME = (
    "<html><title>Home</title><body><h1>Welcome</h1><p>The newest topics of all boards, day by day.</p></body></html>"
)


@dataclass(frozen=True)
class Answer:
    """What a host answers at one path. `how` is a status, or "refused", "dropped" or "none" (no such address)."""

    how: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    drawn: str | None = None
    cut: bool = False
    like: str | None = None


@dataclass(frozen=True)
class Case:
    """One host with its answers at the first and at later looks, and the verdict that is true."""

    name: str
    truth: str
    first: dict[str, Answer]
    later: dict[str, Answer]
    on_page_before: bool = True

    def answer(self, path: str, look: int) -> Answer | None:
        """Return what the host says at `path` at the first (0) or a later look."""
        if look and path in self.later:
            return self.later[path]
        return self.first.get(path)

    @property
    def picture_has_address(self) -> bool:
        """Say whether the picture has a file of its own."""
        return self.first[PICTURE].how != "none"


def read(part: str) -> list[Case]:
    """Return the cases of one folder of tests/verdicts: "tuned" or "heldout"."""
    texts = [file.read_text(encoding="utf-8") for file in sorted((SAVED / part).glob("*.txt"))]
    cases = [_case(block) for text in texts for block in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]]
    known = {case.name: case for case in cases}
    assert len(known) == len(cases), "two cases of one name"
    return [_resolved(case, known) for case in cases]


def _case(block: str) -> Case:
    title, *sections = re.split(r"^> ", block, flags=re.MULTILINE)
    name, truth, *more = (part.strip() for part in title.split(":"))
    case = Case(name, truth, {"/": Answer("200", body=HOME)}, {}, on_page_before="never-on-the-page" not in more)
    for section in sections:
        head, _, rest = section.partition("\n")
        where, *words = head.split()
        late = bool(words) and words[0] == "later"
        answers = case.later if late else case.first
        answers[PATHS.get(where, where)] = _answer(words[late:], rest)
    return case


def _answer(words: list[str], rest: str) -> Answer:
    if not words:  # a robots.txt that simply is there
        return Answer("200", {"content-type": "text/plain"}, rest.strip())
    if words[0] == "@like":
        return Answer("200", like=words[1])
    headers: dict[str, str] = {}
    lines = rest.splitlines()
    while lines and HEADER.match(lines[0]):
        name, _, value = lines.pop(0).partition(": ")
        headers[name] = value
    drawn = next((word[1:] for word in words if word.startswith("@")), None)
    return Answer(words[0], headers, "\n".join(lines).strip(), drawn, cut="cut" in words)


def _resolved(case: Case, known: dict[str, Case]) -> Case:
    for answers in (case.first, case.later):
        for path, answer in answers.items():
            if answer.like is not None:
                answers[path] = known[answer.like].first[PAGE]
    return case
