"""The control API: sites, statements, defaults and crawlers as JSON, below ``api/v1`` of wherever it is mounted.

Rules: one table of operations makes the routing, the OpenAPI document and the tests; every rule about sites is a use
case's; whatever goes wrong is a problem of RFC 9457 with a stable id. ``app`` dispatches, ``reading`` reads strictly,
``forms`` and ``told`` are what is taken and given, ``repeats`` keeps the answers for who asks twice.
"""

from gatepost.asgi.api.app import ControlApi

__all__ = ["ControlApi"]
