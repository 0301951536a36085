"""What other machines ask: the numbers of this process and of the registry, for those who watch over it."""

from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

from portal.web.access import Role, door, house
from portal.web.rooms import room
from registry.metrics import RegistryMetrics

router = room()
ROOMS = (router,)


@router.get("/metrics")
@door(Role.MACHINE)
def metrics(request: Request) -> Response:
    """Give all counters of this process, and the registry's, in Prometheus' text format."""
    of_registry = CollectorRegistry()
    of_registry.register(RegistryMetrics(house(request).registry))
    text = generate_latest(REGISTRY) + generate_latest(of_registry)
    return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})
