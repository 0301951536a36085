"""Picture bytes that stay on disk are noticed, whatever file they are in."""

import base64
import io
import secrets
from pathlib import Path

import pytest
from PIL import Image

from portal.demo.leftovers import picture_bytes


def encoded(kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (16, 16), (10, 200, 30)).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_picture_in_the_middle_of_a_file_is_noticed(tmp_path: Path, kind: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "store.sqlite3").write_bytes(bytes(5000) + encoded(kind) + bytes(5000))

    assert len(picture_bytes(tmp_path)) == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_written_as_base64_is_noticed(tmp_path: Path, kind: str) -> None:
    (tmp_path / "log.txt").write_bytes(b"data:image;base64," + base64.b64encode(encoded(kind)))

    assert len(picture_bytes(tmp_path)) == 1


def test_sealed_bytes_are_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "registry.sqlite3").write_bytes(secrets.token_bytes(2_000_000))

    assert picture_bytes(tmp_path) == []
