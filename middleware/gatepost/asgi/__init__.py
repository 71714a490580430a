"""Floor 4: the doors that speak ASGI."""
