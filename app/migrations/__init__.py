"""The schema, as numbered SQL files applied in order by `app.db.migrate`. A file that has been released is never edited."""
