"""Speaking to a WebSocket as a plain client: to verify it, not to load it. The one door to websocket-client."""

from collections.abc import Sequence

import websocket  # noqa: TID251 (this is the door)

from stacklab.effects.wire.http import NoResponse
from stacklab.model.traffic.exchange import SWITCHING, Exchange, Response, authority
from stacklab.units import Seconds


def converse(host: str, port: int, exchange: Exchange, *, timeout_s: Seconds = 5.0) -> Response:
    """Send each message of the exchange and wait for the one that comes back. Raises NoResponse with the reason."""
    try:
        connection = websocket.create_connection(f"ws://{authority(host, port)}{exchange.target}", timeout=timeout_s)
    except websocket.WebSocketBadStatusException as error:
        return Response(status=error.status_code, headers=error.resp_headers or {}, body=error.resp_body or b"")
    except (OSError, websocket.WebSocketException) as error:
        raise NoResponse(str(error)) from error
    try:
        return Response(status=SWITCHING, messages=_echoes(connection, exchange.messages))
    except (OSError, websocket.WebSocketException) as error:
        raise NoResponse(str(error)) from error
    finally:
        connection.close()


def _echoes(connection: websocket.WebSocket, messages: Sequence[str]) -> tuple[str, ...]:
    echoes = []
    for message in messages:
        connection.send(message)
        echoes.append(str(connection.recv()))
    return tuple(echoes)
