"""How data partners are told."""

from gatepost.partners.webhooks import WebhookSender

__all__ = ["WebhookSender"]
