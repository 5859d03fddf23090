"""A webhook receiver in Django, in one file: it verifies each message, and does its work once.

    pip install django standardwebhooks
    WEBHOOK_SECRET=whsec_… python examples/receiver_django.py 9000

In a project of yours, copy `Seen`, `receive` and the line of `urlpatterns`. The work and the insert into `Seen` are one
transaction: if the work fails, the id is not kept, and a retry does it again.
"""

import json
import os
import sys
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks import Webhook, WebhookVerificationError

if not settings.configured:  # Your project has its own.
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1", "localhost"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.environ.get("SEEN_FILE", "seen-webhooks.sqlite"),
                "OPTIONS": {"timeout": 10},
            }
        },
        ROOT_URLCONF=__name__,
    )
    django.setup()


class Seen(models.Model):
    """The id of each message whose work is done."""

    id = models.CharField(primary_key=True, max_length=100)

    class Meta:
        """Of no installed application, since this is one file."""

        app_label = "webhooks"
        db_table = "webhooks_seen"

    def __str__(self) -> str:
        """The id."""
        return self.id


def do_your_work(message: dict[str, Any]) -> None:
    """Put your own code here."""
    print(f"{message['type']} {json.dumps(message.get('data', message.get('resource')))}", flush=True)


@csrf_exempt  # The signature says where it comes from.
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Answer 204 to what verifies, repeats included, and 400 to all else."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        # The exact bytes are what is signed: verify before parsing.
        message = Webhook(os.environ["WEBHOOK_SECRET"]).verify(request.body, headers)
    except WebhookVerificationError as fault:
        print(f"refused: {fault}", flush=True)
        return HttpResponse(status=400)
    with transaction.atomic():
        _, is_new = Seen.objects.get_or_create(id=headers["webhook-id"])
        if is_new:
            do_your_work(message)
    if not is_new:
        print(f"repeat of {headers['webhook-id']}", flush=True)
    return HttpResponse(status=204)


urlpatterns = [path("", receive)]


def main() -> None:
    """Serve it with what Python brings; a real one runs under gunicorn or the like."""
    from wsgiref.simple_server import WSGIRequestHandler, make_server  # noqa: PLC0415 - only for trying it

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing: `do_your_work` does."""

    with connection.schema_editor() as schema:  # Your project has a migration instead.
        if "webhooks_seen" not in connection.introspection.table_names():
            schema.create_model(Seen)
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    with make_server("127.0.0.1", port, get_wsgi_application(), handler_class=Quiet) as server:
        print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
