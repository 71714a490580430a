"""The owner's page and the operators' console: server-rendered, usable without JavaScript, no request elsewhere."""
