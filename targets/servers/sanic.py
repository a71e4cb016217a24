"""Sanic's own server in one process; its command line takes neither a backlog nor how long connections are kept."""

from servers.command_line import Asked

# The backlog is gunicorn's; Sanic alone would listen for 100, and keep idle connections for 120 s.
asked = Asked("sanic", backlog=2048, keep_alive_s=75, access_log=False)
app = asked.app()
app.config.KEEP_ALIVE_TIMEOUT = asked.options.keep_alive_s
app.run(
    host=asked.host,
    port=asked.port,
    single_process=True,
    motd=False,
    backlog=asked.options.backlog,
    access_log=asked.options.access_log,
)
