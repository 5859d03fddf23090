"""How a release is made, and what it may change of the API: additions, and the end of what was deprecated long enough.

`python -m releasing` makes one (`make release`); `docs/versions.md` is the promise that `breaking_changes` checks.
"""
