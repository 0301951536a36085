"""The all-clear: says where was looked and what was not seen, and says nothing where nothing can be said."""

from datetime import UTC, datetime, timedelta

from typer.testing import CliRunner

from alerts.allclear import AllClear, Looked, reports, write_due
from alerts.allclear_words import REASONS, in_words, short
from alerts.outbox import drain
from alerts.triage import LiveIndex, match_new
from portal.cli import build
from registry import consents
from registry.database import Registry
from tests.alerts.conftest import NOW, add_person, enrol, sighting
from tests.alerts.test_wishes import texts

LOOKED = Looked(places=3, unvisited=1, pages=1200, pictures=34000, robots=7, failed=2, unusable=900, budget=11)


def report(**facts) -> AllClear:
    known = {"since": NOW - timedelta(days=7), "until": NOW, "photos": 2, "news": 0, "held": 0, "looked": LOOKED}
    return AllClear(**{**known, **facts})


def test_it_says_where_how_much_when_what_was_not_seen_and_what_it_cannot_find():
    english, korean = ("\n".join(in_words(report(), each)) for each in ("en", "ko"))
    for fact in ("November 16, 2026", "November 23, 2026", "3 public places", "1,200 pages", "34,000 pictures", "900"):
        assert fact in english
    for fact in ("2026년 11월 16일", "1,200쪽", "34,000장"):
        assert fact in korean
    assert "nothing new was found" in english
    assert "closed rooms" in english
    assert "not a promise" in english
    assert "약속은 아닙니다" in korean


def test_every_reason_has_its_words_in_both_languages_and_a_reason_that_is_not_there_is_not_named():
    everything = report(looked=Looked(*range(1, 12)))
    for language in ("ko", "en"):
        text = "\n".join(in_words(everything, language))
        assert text.count("\n- ") == len(REASONS)
        assert "\n- " not in "\n".join(in_words(report(looked=Looked(places=1, pages=1)), language))


def test_where_nothing_was_looked_at_nothing_is_claimed():
    for language, calm in (("en", "nothing new was found"), ("ko", "발견된 것이 없습니다.")):
        for words in (in_words(report(looked=Looked(unvisited=3)), language), short(report(looked=Looked()), language)):
            assert calm not in words[0]


def test_news_and_doubtful_likenesses_are_said_and_not_passed_over():
    assert "there was news (2)" in in_words(report(news=2), "en")[0]
    assert "in 4 cases is being checked first" in in_words(report(held=4), "en")[1]
    assert len(short(report(held=4), "en")) == 1


def test_a_report_comes_back_from_its_record():
    assert AllClear.of(report().to_dict()) == report()


def test_a_due_report_is_written_once_mailed_and_kept(either_registry, mail_server):
    person = add_person(either_registry, all_clear="weekly", phrase="blue lantern")
    enrol(either_registry, person)
    now = datetime.now(UTC)
    assert write_due(either_registry, lambda _: LOOKED, now) == 1
    assert write_due(either_registry, lambda _: LOOKED, now) == 0
    assert drain(either_registry, {"smtp": mail_server.channel()}).delivered == 1
    (text,) = texts(mail_server)
    assert "1,200 pages" in text
    assert "blue lantern" in text
    assert "http" not in text
    with either_registry.reading() as tx:
        assert [each.looked for each in reports(tx, person)] == [LOOKED]


def test_nobody_gets_a_report_who_did_not_ask_has_no_photo_or_no_address(registry):
    enrol(registry, add_person(registry, "Kim"))
    add_person(registry, "Lee", all_clear="weekly")
    enrol(registry, add_person(registry, "Park", email=None, all_clear="weekly"))
    assert write_due(registry, lambda _: LOOKED, datetime.now(UTC)) == 0


def test_news_or_a_withdrawal_before_it_is_out_stops_a_report(registry, log, mail_server):
    kim, lee = (add_person(registry, name, all_clear="weekly") for name in ("Kim", "Lee"))
    enrol(registry, kim, 1)
    enrol(registry, lee, 2)
    assert write_due(registry, lambda _: LOOKED, datetime.now(UTC)) == 2
    log.append([sighting(1)])
    match_new(registry, log, LiveIndex())
    with registry.transaction() as tx:
        consents.withdraw(tx, person=lee)
    done = drain(registry, {"smtp": mail_server.channel()})
    assert (done.delivered, done.withheld) == (1, 2)
    assert "something new" in texts(mail_server)[0]


def test_who_wants_only_to_know_that_there_is_news_reads_one_sentence(registry, mail_server):
    enrol(registry, add_person(registry, all_clear="weekly", detail="news"))
    write_due(registry, lambda _: LOOKED, datetime.now(UTC))
    drain(registry, {"smtp": mail_server.channel()})
    assert "1,200" not in texts(mail_server)[0]
    assert "nothing new was found" in texts(mail_server)[0]


def test_wishes_are_set_and_the_report_is_read_on_the_command_line(private_home, monkeypatch):
    def run(*words: str, code: int = 0, given: str | None = None) -> str:
        result = CliRunner().invoke(build(), ["person", *words], input=given)
        assert result.exit_code == code, result.output
        return result.output

    with Registry.open() as registry:
        enrol(registry, add_person(registry))
        wishes = ("--digest", "daily", "--quiet", "22:00-08:00", "--zone", "Asia/Seoul", "--all-clear", "weekly")
        assert "digest" in run("set", "seo-yeon", *wishes, "--apprise", "ask", given="tgram://123:abc/5\n")
        with registry.reading() as tx:
            from registry import people

            changed = people.find(tx, "Seo-yeon")
        assert (changed.digest, changed.quiet, changed.channels) == ("daily", "22:00-08:00", ("smtp", "apprise"))
        assert "tgram" not in run("show", "Seo-yeon")
        assert "could not look anywhere" in run("allclear", "Seo-yeon", "--lang", "en")
        assert '"shown_places": []' in run("allclear", "Seo-yeon", "--json")
        run("set", "Seo-yeon", "--quiet", "none")
        assert "keys" in run("set", "Seo-yeon", "--apprise", "tgram://x", code=2)
        assert "cannot be used" in run("set", "Seo-yeon", "--apprise", "ask", given="json://x\n", code=2)
        assert "no channel" in run("set", "Seo-yeon", "--channel", "pigeon", code=2)
        assert "hours" in run("set", "Seo-yeon", "--quiet", "late", code=2)
        assert "Nothing was changed" in run("set", "Seo-yeon", code=2)
