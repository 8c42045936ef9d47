"""Score once, answer many times: the store, the API, the page."""
