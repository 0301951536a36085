"""A letter as a PDF to sign, print or attach: its sheet on A4, with the case number and page on every page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts.notices.sheet import Sheet
from alerts.paper import render

TEMPLATE = """
#set document(title: data.sheet.title, date: auto)
#set page(footer: context [
  #set text(size: 8pt)
  #data.reference #h(1fr) #counter(page).display() / #counter(page).final().first()
])
#text(size: 15pt)[#data.sheet.title]
#if data.sheet.note != none [#parbreak() #data.sheet.note]
#let number = counter("part")
#for part in data.sheet.parts [
  #v(0.7em)
  #if part.heading != none [
    #number.step()
    #text(size: 11.5pt)[#context number.display(). #part.heading]
    #v(-0.4em) #line(length: 100%, stroke: 0.4pt) #v(-0.4em)
  ]
  #for entry in part.lines [
    #if entry.label == none [
      #for one in entry.texts [#one #linebreak()]
    ] else [
      #grid(columns: (30%, 1fr), column-gutter: 0.8em, text(fill: luma(70))[#entry.label],
        [#for one in entry.texts [#text(hyphenate: false)[#one] #linebreak()]])
    ]
  ]
]
"""


def pdf(sheet: Sheet, reference: str, at: datetime) -> bytes:
    """Return the letter as a PDF. Raises NoPaper or Unprintable."""
    values: Mapping[str, Any] = {"language": sheet.language, "sheet": sheet.as_json(), "reference": reference}
    return render(TEMPLATE, values, at=at)
