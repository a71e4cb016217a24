"""What sends the requests: runs inside locust, imported by ``scenarios/users``, never by the harness.

Importing the package imports nothing: only ``user`` touches locust, which patches the standard library as it is
imported; everything else here can be used and tested without it.
"""
