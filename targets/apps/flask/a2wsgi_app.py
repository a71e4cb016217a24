"""The Flask app for an ASGI server: a2wsgi hands each request to a pool of threads."""

from a2wsgi import WSGIMiddleware

from app import app as flask_app

THREADS = 40
"""As many as Starlette and FastAPI have for plain ``def``; a2wsgi alone would have 10."""

app = WSGIMiddleware(flask_app, workers=THREADS)
