"""What other machines ask: the numbers of this process, for those who watch over it."""

from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from portal.web.access import Role, door
from portal.web.rooms import room

router = room()
ROOMS = (router,)


@router.get("/metrics")
@door(Role.MACHINE)
def metrics() -> Response:
    """Give all counters of this process in Prometheus' text format."""
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})
