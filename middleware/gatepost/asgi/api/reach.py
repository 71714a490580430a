"""The operation on where a site's hosts lead."""

from gatepost.asgi.api.forms import Nothing
from gatepost.asgi.api.operations import Call, Done, Operation
from gatepost.asgi.api.telling import reach_told
from gatepost.asgi.api.told import ReachTold
from gatepost.core.access import Scope
from gatepost.core.obstacles import obstacles_outside

__all__ = ["REACH"]


async def _show(call: Call[Nothing, None]) -> Done:
    host = call.host_of(await call.site())
    overview = await call.gate.overviews.overview(host)
    reach = await call.gate.reach.look(host)
    return Done(reach_told(reach, (*overview.obstacles, *obstacles_outside(reach))))


REACH = (
    Operation(
        "showReach", "GET", "/sites/{host}/reach",
        "Whether a site's hosts answer as it wants, asked from outside, and all that stands in the way.",
        Scope.SITES_READ, _show, ReachTold,
    ),
)  # fmt: skip
"""The table's row for it."""
