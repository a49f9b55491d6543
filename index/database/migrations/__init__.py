"""How a database of an older version becomes one of this: Alembic's scripts, run by ``engine.open_database``."""
