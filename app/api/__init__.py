"""The doors, and what they share.

A door (`graphql/`, `rest/`) turns a request of its protocol into a command, calls a verb, and encodes the result. Doors
never import each other. What every door needs is here: who is asking (`doorkeeper`), how a request is read and how
large it may be (`http_request`, `json_body`), deadlines, request ids, masking of our own failures, and the application
that holds the doors.
"""
