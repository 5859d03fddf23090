"""The explorer: GraphiQL at `/`, bundled to static files, so that it works without internet.

The sources are in `explorer/` at the top of the repository; `static/` holds what they were built to.
"""
