#!/bin/sh
# Hands the databases' passwords to libpq, so that no address and no process list holds one.
set -eu
umask 077
: >"$PGPASSFILE"
for file in /run/secrets/*_db_password; do
  [ -r "$file" ] || continue
  role=$(basename "$file" _db_password)
  printf '%s:5432:*:%s:%s\n' "${METEO_POSTGRES_HOST:-postgres}" "$role" "$(cat "$file")" >>"$PGPASSFILE"
done
umask 027
exec "$@"
