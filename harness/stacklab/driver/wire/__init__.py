"""Bytes to requests and responses: HTTP/1.1, WebSocket and chunks."""
