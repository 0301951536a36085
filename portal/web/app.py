"""The portal, put together: three doors, the rooms behind them, and the wall around everything."""

from fastapi import FastAPI

from crawler.store import CrawlStore
from portal.web import (
    about,
    api,
    caseworker,
    entrance,
    key_entrance,
    keys,
    machine,
    numbers,
    operator,
    person,
    recover,
    set_up,
    shared,
    static_files,
    trouble,
)
from portal.web.access import GuardedRoute, refuse_undeclared
from portal.web.challenges import Challenges
from portal.web.cookies import Cookies
from portal.web.house import House
from portal.web.mail import Mail, mail_from_environment
from portal.web.pace import Pace
from portal.web.security import Wall
from portal.web.settings import Settings
from registry.database import Registry

__all__ = ["Settings", "create_app"]

ROOMS = (
    *static_files.ROOMS,
    *entrance.ROOMS,
    *key_entrance.ROOMS,
    *keys.ROOMS,
    *recover.ROOMS,
    *set_up.ROOMS,
    *about.ROOMS,
    *person.ROOMS,
    *caseworker.ROOMS,
    *operator.ROOMS,
    *numbers.ROOMS,
    *machine.ROOMS,
    *api.ROOMS,
)


def create_app(
    registry: Registry, crawl_store: CrawlStore, settings: Settings | None = None, mail: Mail | None = None
) -> FastAPI:
    """Return the portal as an ASGI app; `mail` sends sign-in links (None: by the environment's SMTP address)."""
    chosen = settings or Settings()
    # FastAPI's pages about the API load scripts from another host, and there is no API here yet.
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.router.route_class = GuardedRoute
    app.state.house = House(
        registry=registry,
        crawl_store=crawl_store,
        settings=chosen,
        cookies=Cookies(https=chosen.https),
        pace=shared.pace(registry, chosen.valkey_url) if chosen.valkey_url else Pace(),
        mail=mail or mail_from_environment(),
        challenges=shared.challenges(registry, chosen.valkey_url) if chosen.valkey_url else Challenges(),
    )
    for room in ROOMS:
        app.router.routes.extend(room.routes)
    refuse_undeclared(app.router.routes)
    trouble.add_to(app)
    app.add_middleware(Wall, settings=chosen, broken=trouble.broken)
    return app
