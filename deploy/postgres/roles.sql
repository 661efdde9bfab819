-- The two roles of Sekisho and its database, once, by a superuser:
--   with the variables owner_password and app_password, which psql had better be told by \set than on its command line
-- sekisho_owner owns every table and migrates; sekisho_app serves, owns nothing, and can't change history (F-03). What
-- sekisho_app may do to which table, each migration says.
\set ON_ERROR_STOP 1
SET password_encryption = 'scram-sha-256';

CREATE ROLE sekisho_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE sekisho_app   LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app_password' CONNECTION LIMIT 100;

-- Text sorts by code point, the same everywhere.
CREATE DATABASE sekisho OWNER sekisho_owner TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';
REVOKE ALL ON DATABASE sekisho FROM PUBLIC;
GRANT CONNECT ON DATABASE sekisho TO sekisho_app;

\connect sekisho
ALTER SCHEMA public OWNER TO sekisho_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO sekisho_app;
