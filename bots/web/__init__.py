"""`lorelens serve web`: the web page and the HTTP API, as one more platform."""
