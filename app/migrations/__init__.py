"""The schema, as numbered SQL files that `app.db.migrate` applies in order. A released file is never edited."""
