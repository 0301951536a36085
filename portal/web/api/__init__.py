"""/api/v1: what the machines of a centre may do, inside that centre. Letters are drafted here, and sent by people."""

from portal.web.api import cases, clients, description, hooks, lists

ROOMS = (clients.router, cases.router, hooks.router, lists.router, description.router)
