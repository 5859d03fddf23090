"""The doors, and the hall that all of them open into.

A door (`graphql/`) turns a request of its protocol into a command, calls a verb, and tells its answer. Doors never see
each other. What every door needs stands here: who is asking (`doorkeeper`), how a request is read and how large it may
be (`http_request`, `json_body`), deadlines, request ids, masking of what went wrong on our side, and the application
that all of them are parts of.
"""
