"""Which kinds of places there are: the spiders found by walking the folder."""

from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from crawler.errors import UnknownKind
from crawler.spiders.base import PlaceSpider


def kinds(settings: Settings | None = None) -> dict[str, type[PlaceSpider]]:
    """Return every spider of places by the kind it looks at."""
    loader = SpiderLoader.from_settings(settings or Settings({"SPIDER_MODULES": ["crawler.spiders"]}))
    spiders = {name: loader.load(name) for name in loader.list()}
    return {name: spider for name, spider in spiders.items() if issubclass(spider, PlaceSpider)}


def spider_for(kind: str, there: dict[str, type[PlaceSpider]]) -> type[PlaceSpider]:
    """Return the spider of a kind, or raise UnknownKind naming the kinds there are."""
    if kind not in there:
        raise UnknownKind(kind, there)
    return there[kind]
