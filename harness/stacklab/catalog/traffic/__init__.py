"""Requests from files of traffic: a HAR file, an OpenAPI document, an access log. Their content tells which it is."""
