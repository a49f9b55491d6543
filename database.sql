-- What an administrator does once for tenkyo, in its empty database: a role without special rights, which owns it.
-- psql -d tenkyo -f database.sql, with the role's password in TENKYO_DB_PASSWORD; compose.yaml has it done.
\getenv password TENKYO_DB_PASSWORD
CREATE ROLE tenkyo LOGIN PASSWORD :'password';
SELECT format('ALTER DATABASE %I OWNER TO tenkyo', current_database()) \gexec
CREATE EXTENSION vector;
