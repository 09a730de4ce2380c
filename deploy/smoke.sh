#!/usr/bin/env bash
# Proves a started stack from outside: through the gateway as a browser and a program would, to the end of a
# training. Run it beside docker-compose.yaml: deploy/smoke.sh [--days N] [--url http://localhost:8080]
# It adds a user "smoke" (disabled again at the end) and leaves the model that it trained.
# Takes curl, python3 and a docker that reaches the stack.
set -uo pipefail
cd "$(dirname "$0")/.."

days=430 url=http://localhost:8080
while [ $# -gt 0 ]; do
  case $1 in
    --days) days=$2; shift 2;;
    --url) url=$2; shift 2;;
    *) sed -n 2,5p "$0"; exit 2;;
  esac
done
compose=${COMPOSE:-docker compose}
box=$(mktemp -d); trap 'rm -rf "$box"' EXIT
passed=0 failed=0

say() { printf '%-7s %s\n' "$1" "$2"; }
ok() { # ok WORDS COMMAND...
  local words=$1; shift
  if "$@" >"$box/out" 2>&1; then passed=$((passed + 1)); say ok "$words"
  else failed=$((failed + 1)); say FAILED "$words"; tail -5 "$box/out" | sed 's/^/        /'; fi
}
status() { curl -s -o "$box/body" -w '%{http_code}' --max-time 60 "$@"; }
is() { local wanted=$1; shift; local seen; seen=$(status "$@"); echo "status $seen, wanted $wanted"; head -c 300 "$box/body"; [ "$seen" = "$wanted" ]; }
field() { python3 -c 'import json,sys; v=json.load(sys.stdin)
for k in sys.argv[1].split("."): v=v[int(k)] if k.isdigit() else v[k]
print(v)' "$1"; }
password() { cat secrets/admin_password; }

sign_in() { # sign_in NAME PASSWORD JAR
  local seen
  seen=$(curl -s -o /dev/null -w '%{http_code}' -c "$3" -H "Origin: $url" \
    --data-urlencode "name=$1" --data-urlencode "password=$2" "$url/sign-in")
  echo "status $seen"; [ "$seen" = 303 ]
}
to_sign_in() { # the address leads a stranger to the sign-in page and back again
  local where
  where=$(curl -s -o /dev/null -H 'Accept: text/html' -w '%{http_code} %{redirect_url}' "$url$1"); echo "$where"
  case $where in "303 $url/sign-in?next=$1"*) ;; *) return 1;; esac
}
token_of() { curl -s --data-urlencode "username=$1" --data-urlencode "password=$2" "$url/api/v1/login" | field access_token; }
api() { curl -s --max-time 60 -H "Authorization: Bearer $(cat "$box/token")" -H 'Content-Type: application/json' "$@"; }
signed_in_at=-1000
renew() { # a token is good for half an hour
  [ $((SECONDS - signed_in_at)) -lt 600 ] && [ -s "$box/token" ] && return
  token_of admin "$(password)" >"$box/token" && signed_in_at=$SECONDS
}

run() { # run JSON SECONDS: a run, started and watched to its end
  renew
  local id='' state=none until=$((SECONDS + $2))
  # Where Dagster does not answer in time, asking again gives the run that came of it.
  for _ in 1 2 3 4; do id=$(api -X POST -d "$1" "$url/api/v1/runs" | field id 2>/dev/null) && break; sleep 5; done
  [ -n "$id" ] || { api -X POST -d "$1" "$url/api/v1/runs"; return 1; }
  echo "$id" >>"$box/runs"
  while [ $SECONDS -lt $until ]; do
    sleep 3; renew
    state=$(api "$url/api/v1/runs/$id" | field status) || continue
    case $state in
      succeeded) api "$url/api/v1/runs/$id" | field outcome; return 0;;
      failed|canceled) api "$url/api/v1/runs/$id"; return 1;;
    esac
  done
  echo "still $state after $2 s"; return 1
}
history() { # a new stack has no model yet: its first run reads, cleans and labels, and stops where one is needed
  run "{\"job\": \"backfill\", \"from\": \"$from\", \"to\": \"$yesterday\"}" 900 >"$box/history" && return
  cat "$box/history"; grep -q 'there is no champion yet' "$box/history"
}
has_runners() { [ -n "$($compose ps -q runner 2>/dev/null)" ]; } # docker-compose.scale.yaml
by_runners() { # every run so far has the name of the runner that took it
  local ids; ids=$(sed 's/.*/"&"/' "$box/runs" | paste -sd,)
  curl -s --max-time 60 -b "$box/admin" -H "Origin: $url" -H 'Content-Type: application/json' "$url/dagster/graphql" \
    -d "{\"query\": \"query(\$ids: [String]) {runsOrError(filter: {runIds: \$ids}) {... on Runs {results {runId tags {key value}}}}}\",
         \"variables\": {\"ids\": [$ids]}}" | python3 -c 'import json, sys
seen = {run["runId"]: {tag["key"]: tag["value"] for tag in run["tags"]}.get("meteo/runner")
        for run in json.load(sys.stdin)["data"]["runsOrError"]["results"]}
print(seen); sys.exit(not seen or not all(seen.values()))'
}
published() { # service:port of everything that the host reaches
  $compose ps --format '{{.Service}} {{range .Publishers}}{{if .PublishedPort}}{{.PublishedPort}} {{end}}{{end}}' | awk 'NF > 1 {print $1}'
}
only_the_gateway() { local seen; seen=$(published | sort -u | tr '\n' ' '); echo "published: $seen"; [ "$seen" = "gateway " ]; }
web_socket() {
  local answer
  answer=$(curl -s -i -N --http1.1 --max-time 4 -b "$box/admin" -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
    -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: c21va2Ugc21va2Ugc21vaw==' \
    -H 'Sec-WebSocket-Protocol: graphql-ws' -H "Origin: $url" "$url/dagster/graphql" | head -1 | tr -d '\r')
  echo "$answer"; case $answer in *" 101 "*) ;; *) return 1;; esac
}
inside() { $compose exec -T api python -c "import urllib.request,sys; sys.stdout.write(urllib.request.urlopen('$1', timeout=20).read().decode())"; }
every_target_is_up() {
  local seen; seen=$(inside 'http://prometheus:9090/api/v1/query?query=up'); echo "$seen" | head -c 900
  echo "$seen" | python3 -c 'import json,sys; r=json.load(sys.stdin)["data"]["result"]; sys.exit(not r or any(s["value"][1] != "1" for s in r))'
}
comes_back() { # the process of a service is killed, and docker starts it again
  $compose exec -T "$1" python -c 'import os,signal
for p in filter(str.isdigit, os.listdir("/proc")):
    if open(f"/proc/{p}/stat").read().split()[3] == "1" and int(p) != os.getpid(): os.kill(int(p), signal.SIGKILL)' || true
  sleep 2
  for _ in $(seq 60); do
    # Every replica of it.
    [ "$($compose ps --format '{{.Health}}' "$1" | sort -u)" = healthy ] && return 0; sleep 2
  done
  $compose ps "$1"; return 1
}
peaks() { # of the containers as they are now: the kernel forgets with the container's process
  local id name peak
  for id in $($compose ps -q); do
    name=$(docker inspect -f '{{.Name}}' "$id") && peak=$(docker exec "$id" sh -c \
      "cat /sys/fs/cgroup/memory.peak 2>/dev/null || cat /sys/fs/cgroup/memory/memory.max_usage_in_bytes" 2>/dev/null) \
      && echo "${name#/} $((peak / 1048576))" >>"$box/peaks"
  done
}
backup() { COMPOSE="$compose" deploy/backup.sh "$box/backup.tar.zst" && ls -l "$box/backup.tar.zst" && [ -s "$box/backup.tar.zst" ]; }
forecast() { renew; api "$url/api/v1/forecasts/Sydney" | field forecasts.0.p_gt_1_0; }
what_if() {
  renew
  local day; day=$(api "$url/api/v1/forecasts/Sydney" | field forecasts.0.date) || return 1
  api -X POST -d "{\"station\": \"Sydney\", \"date\": \"$day\", \"humidity_3pm\": 95}" "$url/api/v1/predictions" | field p_gt_1_0
}

echo "== The door"
ok "nothing but the gateway is reachable from the host" only_the_gateway
ok "the service lives" is 200 "$url/health/live"
ok "another Host is refused" is 421 -H 'Host: evil.example' "$url/sign-in"
ok "metrics are not for outside" is 404 "$url/metrics"
ok "the gate is not for outside" is 404 "$url/gate/administrator"
ok "a stranger sees the sign-in page" to_sign_in /what-if
ok "a stranger who wants Dagster signs in first" to_sign_in /dagster/runs
ok "a stranger who wants MLflow signs in first" to_sign_in /mlflow/
ok "an administrator signs in through the gateway" sign_in admin "$(password)" "$box/admin"
ok "Dagster answers an administrator" is 200 -b "$box/admin" "$url/dagster/server_info"
ok "Dagster's web socket opens for an administrator" web_socket
ok "MLflow answers an administrator" is 200 -b "$box/admin" "$url/mlflow/health"
ok "MLflow lists its experiments" is 200 -b "$box/admin" -H "Origin: $url" -H 'Content-Type: application/json' \
  -d '{"max_results": 5}' "$url/mlflow/ajax-api/2.0/mlflow/experiments/search"
user_password=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
$compose exec -T api meteo users enable smoke >/dev/null 2>&1
printf '%s\n' "$user_password" | $compose exec -T api meteo users passwd smoke --password-stdin >/dev/null 2>&1 \
  || printf '%s\n' "$user_password" | $compose exec -T api meteo users add smoke --password-stdin >/dev/null 2>&1
ok "a user signs in" sign_in smoke "$user_password" "$box/user"
ok "Dagster refuses a user" is 403 -b "$box/user" "$url/dagster/server_info"
ok "MLflow refuses a user" is 403 -b "$box/user" "$url/mlflow/health"

echo "== The work"
today=$(TZ=Australia/Sydney date +%F); from=$(date -d "$today - $days days" +%F); yesterday=$(date -d "$today - 1 day" +%F)
ok "$days days are ingested, up to where a model is needed" history
ok "a model is trained, compared and promoted" run '{"job": "train"}' 1500
ok "an ingestion forecasts" run "{\"job\": \"ingest\", \"partition\": \"$yesterday\"}" 600
if has_runners; then ok "these runs were carried out by runners" by_runners; fi
sleep 10
ok "the service is ready" is 200 "$url/health/ready"
ok "a forecast" forecast
ok "a what-if" what_if

echo "== What watches and what survives"
ok "Prometheus reads every target" every_target_is_up
peaks
ok "the service is back after kill -9" comes_back api
ok "and still forecasts" forecast
ok "the code server is back after kill -9" comes_back code
if has_runners; then ok "a runner is back after kill -9" comes_back runner; fi
ok "and still ingests" run "{\"job\": \"ingest\", \"partition\": \"$yesterday\"}" 600
ok "a backup of everything" backup
$compose exec -T api meteo users disable smoke >/dev/null 2>&1

echo "== Peak memory of each container, MiB"
peaks
sort -k1,1 -k2,2nr "$box/peaks" | awk '!seen[$1]++ {printf "%-24s %6d\n", $1, $2}'
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
