"""The callables of ASGI 3, named once; the same shapes as Starlette's."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

__all__ = ["ASGIApp", "Foreign", "Message", "Receive", "Scope", "Send"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Foreign = Any
"""A scope, receive or send as some framework types it: each has types of its own, and all are the same at run time."""
ASGIApp = Callable[[Foreign, Foreign, Foreign], Awaitable[None]]
