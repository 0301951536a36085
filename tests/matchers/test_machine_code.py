"""Machine code is made once and found again: beside its source, at home, or not at all; never for other arithmetic."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from matchers.compiled import compiled_for

ROOT = Path(__file__).resolve().parents[2]
TELL = "print(loops.tripled(14), sum(loops.tripled.stats.cache_hits.values()))"


@pytest.fixture
def loops(tmp_path):
    """A folder with a compiled function that calls one of another file, and takes a constant of a third."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "numbers_of_ours.py").write_text("THREE = 3\n")
    (source / "inner.py").write_text(
        "from matchers.compiled import compiled\nfrom numbers_of_ours import THREE\n"
        "@compiled\ndef times(n):\n    return n * THREE\n"
    )
    (source / "loops.py").write_text(
        "from matchers.compiled import compiled_for\nfrom inner import times\n"
        "@compiled_for('int64(int64)')\ndef tripled(n):\n    return times(n)\n"
    )
    return source


def run(source, home, code=TELL):
    """Run a line in a process of its own; what it printed, as numbers."""
    environment = {
        **{name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"},
        "PYTHONPATH": f"{ROOT}{os.pathsep}{source}",
        "WATCHLIGHT_HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",  # within one second Python would not notice a change of a file
    }
    done = subprocess.run(
        [sys.executable, "-c", f"import loops; {code}"], env=environment, capture_output=True, text=True, check=True
    )
    return list(map(int, done.stdout.split()))


def change(file, before, after):
    file.write_text(file.read_text().replace(before, after))


def test_the_second_start_finds_the_code_beside_its_source(loops, tmp_path):
    assert run(loops, tmp_path / "data") == [42, 0]
    assert run(loops, tmp_path / "data") == [42, 1]
    assert not (tmp_path / "data").exists()


def test_where_the_source_cannot_be_written_the_code_is_kept_at_home_for_its_owner_alone(loops, tmp_path):
    (loops / "__pycache__").write_text("no folder")  # also for root, whom permissions do not stop

    assert run(loops, tmp_path / "data") == [42, 0]
    assert run(loops, tmp_path / "data") == [42, 1]
    assert (tmp_path / "data" / "machine-code").stat().st_mode & 0o777 == 0o700


def test_where_nothing_can_be_written_it_works_all_the_same(loops, tmp_path):
    (loops / "__pycache__").write_text("no folder")
    (tmp_path / "data").write_text("no folder")

    assert run(loops, tmp_path / "data") == [42, 0]


def test_a_change_in_another_file_makes_the_code_anew(loops, tmp_path):
    assert run(loops, tmp_path / "data") == [42, 0]
    change(loops / "numbers_of_ours.py", "3", "5")
    assert run(loops, tmp_path / "data") == [70, 0]
    change(loops / "inner.py", "n * THREE", "n * THREE + 1")
    assert run(loops, tmp_path / "data") == [71, 0]


def test_arguments_of_other_types_are_refused_and_not_compiled_for():
    @compiled_for("int64(int64)")
    def doubled(n):
        return 2 * n

    assert doubled(21) == 42
    with pytest.raises(TypeError, match="No matching definition"):
        doubled("21")
