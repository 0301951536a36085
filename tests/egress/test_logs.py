"""A log line never carries where a sighting was, who someone is, or a hash."""

import logging

import pytest
import structlog

from egress.logs import configure, scrub


@pytest.fixture(autouse=True)
def _put_logging_back():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "secret",
    [
        "https://board.example/thread/7?page=2",
        "<GET http://127.0.0.1:80/x.jpg>",
        "www.board.example/x",
        "data:image/png;base64,iVBORw0KGgo",
        "kim.minji+photos@mail.example.kr",
        "f" * 64,
        "0x" + "ab" * 8,
        "Zk3v9QwLm2Xr8TnB5cYh1JdP6sGfA0Ue",
    ],
)
def test_an_address_a_mail_or_a_hash_is_replaced(secret):
    line = scrub(f"before {secret} after")
    assert secret.strip("<>").split()[-1] not in line
    assert line.startswith("before ")
    assert line.endswith(" after")


def test_ids_and_plain_words_stay():
    line = "page 12 of target forum took 0.25 s, case 3f2504e0-4f89-11d3-9a0c-0305e82c3301, scrapy.core.engine"
    assert scrub(line) == line


def test_every_library_is_scrubbed_in_message_arguments_and_traceback(capfd):
    configure("DEBUG")
    try:
        int("https://board.example/secret.jpg")
    except ValueError:
        logging.getLogger("scrapy.core.scraper").exception("Error downloading %s", "<GET https://board.example/a>")
    logging.getLogger("uvicorn.access").info('"%s"', "GET http://portal.example/in/abc")
    structlog.get_logger("crawler").warning("refused", page="https://board.example/b", mail="a@b.example")
    written = capfd.readouterr().err
    assert "board.example" not in written
    assert "portal.example" not in written
    assert "a@b.example" not in written
    assert "ValueError" in written
    assert "scrapy.core.scraper" in written


def test_configuring_twice_writes_a_line_once(capfd):
    configure()
    configure()
    logging.getLogger("crawler").warning("only once")
    assert capfd.readouterr().err.count("only once") == 1
