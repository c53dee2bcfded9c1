-- The role and the database of Vezne. On the primary, as postgres: psql -f vezne.sql, then \password vezne.
-- The role owns its database and nothing else: no superuser, no other database, no replication.
CREATE ROLE vezne LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 120;
CREATE DATABASE vezne OWNER vezne ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
REVOKE ALL ON DATABASE vezne FROM PUBLIC;
\connect vezne
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO vezne;
-- A promise is durable on the standby before it is given, whatever the cluster's default says.
ALTER ROLE vezne SET synchronous_commit = 'on';
ALTER ROLE vezne SET idle_in_transaction_session_timeout = '60s';
