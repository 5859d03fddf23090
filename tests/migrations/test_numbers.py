"""Migrations are numbered one after another, each number once."""

from app.db.migrate import migrations


def test_gives_each_migration_the_next_number():
    numbers = [int(one.number) for one in migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
