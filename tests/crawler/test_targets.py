"""Targets are kept, carried as TOML, and refused with the field's name when they make no sense."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.errors import BadTarget, UnknownTarget
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget, kept, read_placed, read_toml, reading, write_toml

FORUM = CrawlTarget(
    "forum",
    ("https://forum.example/board/",),
    paths=("/board/",),
    depth=3,
    reason='asked by "Kim"\n\x7f',
    options={"since": "2026-01-01"},
)


@pytest.fixture
def store(store_url):
    opened = CrawlStore.open(store_url)
    yield opened
    opened.close()


def test_a_target_comes_back_as_it_was_kept(store):
    store.targets.add(FORUM)
    assert store.targets.get("forum") == FORUM
    assert store.targets.all() == [FORUM]


def test_a_name_is_taken_once(store):
    store.targets.add(FORUM)
    with pytest.raises(BadTarget, match="already"):
        store.targets.add(FORUM)
    store.targets.add(FORUM.changed(depth=9), replace=True)
    assert store.targets.get("forum").depth == 9


def test_pausing_and_removing_an_unknown_target_says_what_to_do(store):
    for change in (store.targets.get, store.targets.pause, store.targets.remove):
        with pytest.raises(UnknownTarget, match="watchlight target"):
            change("nobody")


def test_a_paused_target_is_not_due_and_a_resumed_one_is(store):
    now = datetime(2026, 11, 23, tzinfo=UTC)
    store.targets.add(FORUM)
    store.targets.pause("forum")
    assert store.targets.due(now) == []
    assert store.targets.get("forum").paused
    store.targets.pause("forum", False)
    assert [target.name for target in store.targets.due(now)] == ["forum"]
    run = store.frontier.begin(FORUM, now)
    store.frontier.finish(run, "complete", now)
    assert store.targets.due(now + timedelta(hours=23)) == []
    assert len(store.targets.due(now + timedelta(hours=24))) == 1


def test_removing_a_target_forgets_what_waits_in_it(store):
    store.targets.add(FORUM)
    run = store.frontier.begin(FORUM, datetime.now(UTC))
    store.frontier.finish(run, "budget-time", datetime.now(UTC))
    store.targets.remove("forum")
    assert store.pages.last_runs() == {}
    assert store.targets.all() == []


def test_toml_carries_targets_there_and_back(tmp_path):
    file = tmp_path / "targets.toml"
    others = [CrawlTarget("a", ("https://a.example/",)), FORUM, CrawlTarget("가", ("https://예시.kr/",), paused=True)]
    write_toml(file, others)
    assert read_toml(file) == others


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not toml [", "not a TOML file"),
        ("x = 1", "no \\[\\[target\\]\\] tables"),
        ('[[target]]\nname = "a"', "needs at least one address"),
        ('[[target]]\nname = "a"\nurls = ["file:///x"]', "only http and https"),
        ('[[target]]\nname = "a"\nurls = ["https://x.example/"]\ndepht = 3', "unknown field 'depht'"),
        ('[[target]]\nname = "a"\nurls = ["https://x.example/"]\ndepth = "3"', "depth is a number"),
        ('[[target]]\nname = "a"\nurls = ["https://x.example/"]\ndelay_s = -1', "delay_s is a number"),
        ('[[target]]\nname = "a"\nurls = "https://x.example/"', "urls is a list"),
        ('[[target]]\nname = "a b"\nurls = ["https://x.example/"]', "A target's name"),
        ('[[target]]\nname = "a"\nurls = ["https://x.example/"]\npaths = ["x"]', "starts with '/'"),
        ('[[target]]\nname = "a"\nurls = ["https://x.example/"]\npaused = "yes"', "true or false"),
    ],
)
def test_a_malformed_file_is_refused_with_the_place_and_what_it_wants(tmp_path, text, says):
    file = tmp_path / "targets.toml"
    file.write_text(text)
    with pytest.raises(BadTarget, match=says):
        read_toml(file)


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(BadTarget, match="Cannot read"):
        read_toml(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("https://forum.example/board/7", True),
        ("https://FORUM.example:443/board/../board/7#x", True),
        ("https://forum.example/board/../admin", False),
        ("https://forum.example/admin", False),
        ("https://forum.example.evil.example/board/", False),
        ("https://evil.example/board/?https://forum.example/board/", False),
        ("https://user@forum.example/board/", False),
        ("file:///board/", False),
    ],
)
def test_scope_is_decided_as_a_browser_reads_the_address(url, inside):
    assert FORUM.in_scope(url) is inside


def test_an_address_without_a_scheme_is_taken_as_https():
    assert CrawlTarget("a", ("forum.example",)).urls == ("https://forum.example/",)


@pytest.mark.parametrize(
    ("wrong", "line", "says"),
    [
        ('name = "b"\nurls = ["https://b.example/"]\ndepth = 1000', 9, "depth is a number from 0 to 100"),
        ('name = "b"\nurls = [\n  "https://b.example/",\n  "javascript:x",\n]', 10, "cannot use the address"),
        ('name = "b c"\nurls = ["https://b.example/"]', 7, "A target's name"),
        ('name = "b"\nurls = ["https://b.example/"]\ncolour = "red"', 9, "unknown field 'colour'"),
        ('urls = ["https://b.example/"]', 6, "this target has no name"),
        ('name = "b"\nurls = ["https://b.example/"]\npaused = "yes"', 9, "paused is true or false"),
        ('name = "b"\nurls = ["https://b.example/"', 8, "not a TOML file"),
    ],
)
def test_a_mistake_in_a_target_file_is_named_with_its_line(tmp_path, wrong, line, says):
    file = tmp_path / "targets.toml"
    file.write_text(f'# ours\n[[target]]\nname = "a"\nurls = ["https://a.example/"]\n\n[[target]]\n{wrong}\n')
    with pytest.raises(BadTarget, match=says) as refused:
        read_toml(file)
    assert f"line {line}" in str(refused.value)


def test_a_target_file_that_is_not_utf_8_is_refused_with_the_line(tmp_path):
    file = tmp_path / "targets.toml"
    file.write_bytes(b"# one\n# \xff\xfe\n")
    with pytest.raises(BadTarget, match="line 2: this is not UTF-8"):
        read_toml(file)


def a_table(name: str, more: str = "") -> str:
    return f'[[target]]\nname = "{name}"\nurls = ["https://{name}.example/"]\n{more}'


def test_all_mistakes_of_a_file_are_named_at_once_and_very_many_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "PIECE", 2)
    file = tmp_path / "targets.toml"
    wrong = {2: "depth = 1000\n", 3: 'colour = "red"\n', 6: "paused = 1\n"}
    file.write_text("".join(a_table(f"t{n}", wrong.get(n, "")) for n in range(7)) + a_table("t0"))

    def no_first(target):
        if target.name == "t1":
            raise BadTarget("not this one")

    with pytest.raises(BadTarget) as refused:
        read_placed(file, no_first)
    lines = [line.removeprefix(f"{file}, line ").partition(": ")[::2] for line in str(refused.value).splitlines()]
    assert [int(number) for number, _ in lines] == [4, 10, 14, 24, 25]
    assert [says.split()[-1] for _, says in lines[:1]] == ["one"]
    assert "depth is a number" in lines[1][1]
    assert "two targets called 't0'" in lines[4][1]
    monkeypatch.setattr(reading, "MOST_SAID", 3)
    with pytest.raises(BadTarget, match=r"\.\.\. and 2 more\."):
        read_placed(file, no_first)


def test_a_long_file_is_read_in_pieces_that_are_told_of(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "PIECE", 3)
    file = tmp_path / "targets.toml"
    file.write_text(
        "# ours\r\n" + "".join(a_table(f"t{n}", "[target.options]\n").replace("\n", "\r\n") for n in range(8))
    )
    told: list[tuple[int, int]] = []
    placed = read_placed(file, told=lambda *far: told.append(far))
    assert [target.name for target, _ in placed] == [f"t{n}" for n in range(8)]
    assert [place for _, place in placed] == [f"{file}, line {2 + 4 * n}" for n in range(8)]
    assert told == [(3, 8), (6, 8), (8, 8)]


@pytest.mark.parametrize("at", range(5))
def test_what_looks_like_a_header_within_a_long_text_parts_nothing(tmp_path, monkeypatch, at):
    monkeypatch.setattr(reading, "PIECE", 2)
    file = tmp_path / "targets.toml"
    odd = 'reason = """\n[[target]]\nname = "none"\n"""\n'
    file.write_text("".join(a_table(f"t{n}", odd if n == at else "") for n in range(5)))
    placed = read_placed(file)
    assert [target.name for target, _ in placed] == [f"t{n}" for n in range(5)]
    assert [place for _, place in placed] == [f"{file}, target {n + 1}" for n in range(5)]


def test_an_import_that_was_interrupted_goes_on_where_it_was(store, monkeypatch):
    monkeypatch.setattr(kept, "AT_ONCE", 3)
    places = [CrawlTarget(f"t{n}", (f"https://t{n}.example/",)) for n in range(8)]
    store.targets.add(CrawlTarget("t7", ("https://old.example/",)))
    far: list[tuple[int, int]] = []

    def stop_at_six(done: int, total: int) -> None:
        far.append((done, total))
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.targets.put_all(places, stop_at_six)
    store.targets.put_all(places, lambda *more: far.append(more))
    assert far == [(0, 8), (3, 8), (6, 8), (6, 8), (8, 8)]
    assert store.targets.all() == places
    store.targets.put_all(places, lambda *more: far.append(more))
    assert len(far) == 5, "there was nothing to do"
