"""Fill in what is seen on each saved page: `python -m tests.pages`. Look at the difference before you commit it."""

import json

from tests.pages.reading import INPUT, folders, read

for folder in folders():
    path = folder / "expected.json"
    page = json.loads(path.read_text())
    seen = read((folder / page["file"]).read_bytes(), page)
    given = {name: page[name] for name in INPUT if name in page}
    path.write_text(json.dumps({**given, **seen}, indent=1, ensure_ascii=False) + "\n")
