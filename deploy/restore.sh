#!/usr/bin/env bash
# Makes the stack be what a backup says, or a new stack on another machine: deploy/restore.sh FILE.tar.zst
# All but PostgreSQL is stopped meanwhile. The file is checked whole before anything is replaced; what was there is
# kept in folders before-restore-* of the volumes. Takes what deploy/backup.sh wrote.
set -euo pipefail
[ $# = 1 ] || { sed -n 2,4p "$0"; exit 2; }
[ -r "$1" ] || { echo "there is no $1"; exit 1; }
compose=${COMPOSE:-docker compose}
tool() { $compose --profile tools run --rm -T backup "$@"; }

# What ran goes on afterwards; where nothing did, all is started.
ran=$($compose ps --services --status running)
writers=$(printf '%s\n' "$ran" | grep -vE '^(postgres|prometheus|alertmanager|grafana|)$' || true)
# A file that is not whole is refused while everything still runs.
tool sh -c 'cat >/backups/given.tar.zst && meteo restore /backups/given.tar.zst --dry-run' <"$1"
# shellcheck disable=SC2086 (lists of names)
[ -z "$writers" ] || $compose stop $writers
done=0
tool sh -c 'meteo restore /backups/given.tar.zst --force; code=$?; rm -f /backups/given.tar.zst; exit $code' || done=$?
# Restored or refused: what ran, runs.
# shellcheck disable=SC2086
$compose up -d --wait --no-build $ran
exit $done
