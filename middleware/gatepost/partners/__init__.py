"""How data partners are told, and how their crawlers prove to be theirs."""

from gatepost.partners.crawler_keys import KeyVerifier
from gatepost.partners.message_signatures import MessageSigner
from gatepost.partners.webhooks import WebhookSender

__all__ = ["KeyVerifier", "MessageSigner", "WebhookSender"]
