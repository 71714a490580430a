"""``gatepost serve`` for the guarantees: on a socket that it is given, with a signature file that it looks at often.

``python -m guarantees.service URL DESCRIPTOR SIGNATURES SECONDS``
"""

import socket
import sys

import uvicorn

from gatepost import open_gate
from gatepost.asgi.service import service_app
from gatepost.service import signatures as watching


def main(url, descriptor, signatures, seconds):
    watching._FILE_SECONDS = float(seconds)
    gate = open_gate(url, signatures=signatures)
    settings = uvicorn.Config(service_app(gate), log_level="warning")
    uvicorn.Server(settings).run(sockets=[socket.socket(fileno=int(descriptor))])


if __name__ == "__main__":
    main(*sys.argv[1:])
