"""The operator's console at `/console/`, bundled to static files, so that it works without internet.

The sources are in `console/` at the top of the repository; `static/` holds what they were built to. It is a client of
the API like any other: what it shows and does is what the key may that somebody signs in with.
"""
