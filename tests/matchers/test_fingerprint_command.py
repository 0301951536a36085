"""`watchlight fingerprint`: one line a file, one clear sentence for each that has none."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from matchers import Fingerprint
from matchers import fingerprint as make
from portal.cli import build


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(build(), ["fingerprint", *map(str, arguments)])


@pytest.fixture
def photo_file(tmp_path: Path, draw, save) -> Path:
    file = tmp_path / "photo.jpg"
    file.write_bytes(save(draw(1), "JPEG"))
    return file


def test_json_is_one_object_a_line_that_can_be_read_back(run, photo_file):
    done = run(photo_file, photo_file, "--json")

    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert [one["file"] for one in told] == [str(photo_file)] * 2
    assert Fingerprint.from_json(told[0]) == make(photo_file.read_bytes())


def test_a_marked_head_comes_first_in_pixels_and_in_shares_and_a_wrong_box_is_refused(run, photo_file):
    pixels, shares = (run(photo_file, "--head", box, "--json").stdout for box in ("80,60,400,300", "0.1,0.1,0.5,0.5"))
    assert json.loads(pixels) == json.loads(shares) != json.loads(run(photo_file, "--json").stdout)

    for box in ("80,60,400", "80,60,0,300", "a,b,c,d", "-1,0,50,50"):
        refused = run(photo_file, f"--head={box}")
        assert (refused.exit_code, "--head wants" in refused.stderr) == (2, True)
    outside = run(photo_file, "--head", "700,60,400,300")
    assert (outside.exit_code, "does not lie within this picture" in outside.stderr) == (2, True)


def test_without_json_it_is_for_reading(run, photo_file):
    done = run(photo_file)

    assert "800 x 600, quality" in done.stdout
    assert make(photo_file.read_bytes()).whole[0].hex in done.stdout


def test_a_bad_file_gets_one_sentence_and_the_others_are_still_done(run, photo_file, tmp_path, save):
    from PIL import Image

    (tmp_path / "flat.png").write_bytes(save(Image.new("RGB", (300, 300)), "PNG"))
    (tmp_path / "tiny.png").write_bytes(save(Image.new("RGB", (9, 9)), "PNG"))
    (tmp_path / "notes.txt").write_text("not a picture")
    names = ["flat.png", "tiny.png", "notes.txt", "absent.jpg"]

    done = run(*(tmp_path / name for name in names), tmp_path, photo_file, "--json")

    assert done.exit_code == 2
    assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == [str(photo_file)]
    complaints = done.stderr.splitlines()
    assert len(complaints) == len(names) + 1
    for complaint, said in zip(
        complaints, ["little structure", "too small", "not a picture", "cannot be read", "cannot be read"], strict=True
    ):
        assert said in complaint
