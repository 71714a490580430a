"""Django: wrap what ``get_asgi_application`` gives, as in your ``asgi.py``; MIDDLEWARE in the settings stays as it is.

Try ``curl -i -A GPTBot/1.2 http://garden.localhost:8000/`` and the same with ``kitchen``; then ask for ``/robots.txt``.
"""

import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.urls import path
from two_sites import PORT, open_gate_with_two_sites

from gatepost import CrawlerAccessMiddleware

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=[".localhost"], SECRET_KEY="an example", USE_TZ=True)


async def page(request: ASGIRequest, name: str = "") -> HttpResponse:
    """What every visitor of every site sees."""
    decision = request.scope["state"]["crawler_access"]
    return HttpResponse(f"Welcome to {request.get_host()}, {decision.crawler or 'visitor'}.\n", "text/plain")


urlpatterns = [path("", page), path("press/<name>", page)]

gate = open_gate_with_two_sites()
app = CrawlerAccessMiddleware(get_asgi_application(), gate=gate)

if __name__ == "__main__":
    uvicorn.run(app, port=PORT, lifespan="off")
