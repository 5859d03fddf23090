"""How uvicorn runs the API: protocols with limits in place of its own."""

from typing import Any

import uvicorn

from app.api.server.connections import Connections
from app.api.server.limits import WEBSOCKET_MESSAGE_BYTES_MAX, Limits
from app.api.server.refusals import refusals
from app.api.server.uvicorn_http import HttpProtocol
from app.api.server.uvicorn_websocket import WebSocketProtocol


class ServerConfig(uvicorn.Config):
    """uvicorn's, with the connections that both protocols share."""

    def __init__(self, app: Any, limits: Limits, **options: Any) -> None:
        self.connections = Connections(limits, refusals)
        super().__init__(
            app,
            http=HttpProtocol,
            ws=WebSocketProtocol,
            ws_max_size=WEBSOCKET_MESSAGE_BYTES_MAX,
            # Messages here are short, and a small compressed message could unpack to a very large one.
            ws_per_message_deflate=False,
            access_log=False,
            server_header=False,
            **options,
        )
