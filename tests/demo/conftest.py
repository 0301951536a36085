"""The demo's album is drawn once for all its tests."""

from collections.abc import Iterator, Mapping

import pytest

from portal.demo import pictures
from portal.demo.site import Web, open_web


@pytest.fixture(scope="session")
def album() -> Mapping[str, pictures.File]:
    return pictures.album()


@pytest.fixture(scope="session")
def web(album: Mapping[str, pictures.File]) -> Iterator[Web]:
    with open_web(album) as opened:
        yield opened
