"""The collection as one truth in SQL: SQLite for one machine, PostgreSQL for several, and the same tables in both."""
