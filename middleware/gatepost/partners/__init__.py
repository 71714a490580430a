"""How data partners are told."""

from gatepost.partners.message_signatures import MessageSigner
from gatepost.partners.webhooks import WebhookSender

__all__ = ["MessageSigner", "WebhookSender"]
