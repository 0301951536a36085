"""What every room of the portal works with, put together once when the app is built."""

from dataclasses import dataclass

from crawler.store import CrawlStore
from portal.web.challenges import Challenges
from portal.web.cookies import Cookies
from portal.web.mail import Mail
from portal.web.pace import Pace
from portal.web.settings import Settings
from registry.database import Registry


@dataclass(frozen=True)
class House:
    """The stores, the settings, the pace at which callers may knock, and who carries mail."""

    registry: Registry
    crawl_store: CrawlStore
    settings: Settings
    cookies: Cookies
    pace: Pace
    mail: Mail
    challenges: Challenges
