#!/bin/sh
# Makes the secrets of the stack, each a random one in a file of its own; keeps those that are there.
set -eu
folder=${1:-"$(dirname "$0")/../secrets"}
umask 077
mkdir -p "$folder"
made=0
for name in postgres_password meteo_db_password dagster_db_password mlflow_db_password \
            service_secret admin_password grafana_password broker_password; do
  [ ! -s "$folder/$name" ] || continue
  random=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s' "$random" >"$folder/.$name"
  # The folder keeps others out; within a container the file is read by a user without rights.
  chmod 444 "$folder/.$name"
  mv "$folder/.$name" "$folder/$name"
  made=$((made + 1))
done
# Not ours to make: of the mail server, an address to post alerts to, of an object store. Empty ones are there to
# be filled.
for name in smtp_password alert_webhook s3_secret; do
  [ -e "$folder/$name" ] || { : >"$folder/$name"; chmod 644 "$folder/$name"; }
done
chmod 700 "$folder"
echo "$made secrets made in $folder. Sign in as admin with the password in $folder/admin_password."
