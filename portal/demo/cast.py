"""The three people of the demo. Their names mean Example, Made-up and Sample: nobody is meant."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """A made-up person: `key` names their photo."""

    key: str
    name: str
    email: str
    language: str
    country: str
    timezone: str
    phrase: str


CAST: tuple[Role, ...] = (
    Role("kim", "김예시 (Kim Example)", "kim@mail.example", "ko", "KR", "Asia/Seoul", "파란 주전자"),
    Role("park", "박가상 (Park Made-up)", "park@mail.example", "ko", "KR", "Asia/Seoul", "첫눈 오는 날"),
    Role("sample", "Sam Sample", "sam@mail.example", "en", "US", "America/New_York", "quiet harbour"),
)
NAMES = {role.key: role.name for role in CAST}
