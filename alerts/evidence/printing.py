"""The evidence on paper: what was seen, sent, answered and found, in order, as a PDF for police or court."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from alerts.paper import render
from alerts.untrusted import address_line, one_line

WORDS = {
    "en": {
        "title": "Record of an exposure",
        "intro": "No image is contained. Times are UTC, digests are SHA-256. The file in JSON holds the same records "
        "with their salts and can be checked byte for byte.",
        "found": "Found on a public page",
        "notice-sent": "A notice was sent",
        "reply": "An answer came",
        "verdict": "Looked at again",
        "withheld": "withheld",
        "record": "Record",
        "key": "Key of the house",
    },
    "ko": {
        "title": "노출 기록",
        "intro": "이미지는 들어 있지 않습니다. 시각은 UTC, 해시는 SHA-256입니다. "
        "같은 기록이 담긴 JSON 파일로 한 바이트까지 확인할 수 있습니다.",
        "found": "공개 페이지에서 발견",
        "notice-sent": "삭제 요청을 보냄",
        "reply": "답변을 받음",
        "verdict": "다시 확인함",
        "withheld": "가림",
        "record": "기록",
        "key": "기관의 키",
    },
}
HIDDEN = frozenset({"kind", "exposure", "number", "follows", "recorded_at"})
TEMPLATE = """
#set document(title: data.title, date: auto)
#set page(footer: context [#set text(size: 8pt); #data.exposure #h(1fr) #counter(page).display()])
#text(size: 15pt)[#data.title]
#parbreak()
#data.intro
#for record in data.records [
  #v(0.7em)
  #text(size: 11.5pt)[#record.heading]
  #line(length: 100%, stroke: 0.4pt)
  #for entry in record.lines [
    #grid(columns: (32%, 1fr), column-gutter: 0.8em, row-gutter: 0.4em,
      text(size: 8.5pt, fill: luma(70))[#entry.at(0)], text(size: 8.5pt, hyphenate: false)[#entry.at(1)])
  ]
]
#v(1em)
#text(size: 8.5pt)[#data.key]
"""


def pdf(body: Mapping[str, Any], key: str, language: str, at: datetime) -> bytes:
    """Return the records of an export's body as a PDF. Raises NoPaper or Unprintable."""
    words = WORDS.get(language, WORDS["en"])
    values = {
        "language": language if language in WORDS else "en",
        "title": words["title"],
        "intro": words["intro"],
        "exposure": body["exposure"],
        "key": f"{words['key']}: {key}",
        "records": [_record(number, each, words) for number, each in enumerate(body["records"], 1)],
    }
    return render(TEMPLATE, values, at=at)


def _record(number: int, record: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    fields = record["fields"]
    heading = f"{words['record']} {number} · {words[fields['kind']['value']]} · {record['recorded_at'][:19]}"
    lines: list[tuple[str, str]] = []
    for name, each in fields.items():
        if name not in HIDDEN:
            lines += [(name, words["withheld"])] if "withheld" in each else list(_lines(name, each["value"]))
    return {"heading": heading, "lines": [*lines, ("commitment", record["commitment"]), ("link", record["link"])]}


def _lines(name: str, value: Any) -> Sequence[tuple[str, str]]:
    """Return a value as labelled lines; what is folded (looks, headers) is laid out flat."""
    if isinstance(value, Mapping):
        return [line for key, inner in value.items() for line in _lines(f"{name}.{key}", inner)]
    if isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        return [line for number, each in enumerate(value, 1) for line in _lines(f"{name} {number}", each)]
    if value in (None, "", []):
        return []
    text = str(value)
    if "://" in text:
        return [(name, _breakable(address_line(text) or "(not a web address)"))]
    return [(name, _breakable(one_line(text)))]


def _breakable(text: str) -> str:
    """Let long words break: a zero-width space would be copied, so a digest is set in groups of 32."""
    return " ".join(text[start : start + 64] for start in range(0, len(text), 64)) if " " not in text else text
