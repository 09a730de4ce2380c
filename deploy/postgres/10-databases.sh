#!/bin/sh
# At the first start: a role and a database for each of the three that keep state, and nothing shared.
set -eu
for role in meteo dagster mlflow; do
  password=$(cat "/run/secrets/${role}_db_password")
  # psql quotes the password itself.
  psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres -v role="$role" -v password="$password" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE CONNECT ON DATABASE :"role" FROM PUBLIC;
SQL
done
# The catalog of a lake, should METEO_WAREHOUSE name it.
psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres <<'SQL'
CREATE DATABASE lake OWNER meteo;
REVOKE CONNECT ON DATABASE lake FROM PUBLIC;
SQL
