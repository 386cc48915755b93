"""The web page and API."""
