"""``send``, counting what a recognised crawler is given.

Rules: what is sent goes on as it is; a body that the server takes from a file is not counted.
"""

from gatepost.asgi.types import Message, Send
from gatepost.core.exposure import Outcome

__all__ = ["Counted"]

_FAILED = 400


class Counted:
    """Called in the place of ``send``, for one answer."""

    __slots__ = ("_send", "octets", "outcome")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.octets = 0
        """Of the body, so far."""
        self.outcome = Outcome.FAILED
        """``SERVED`` once an answer has begun that is no error."""

    async def __call__(self, message: Message) -> None:
        """Send a message."""
        kind = message["type"]
        if kind in ("http.response.body", "websocket.send"):
            self.octets += len(message.get("body") or message.get("bytes") or message.get("text") or b"")
        elif (kind == "http.response.start" and message["status"] < _FAILED) or kind == "websocket.accept":
            self.outcome = Outcome.SERVED
        await self._send(message)
