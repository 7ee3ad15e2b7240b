# shellcheck shell=bash
# A private PostgreSQL cluster in a temporary folder, for tests and load. Sourced after common.sh, not run.
#   postgres_start    sets and exports OPENLINE_TEST_POSTGRES to the address of an empty database whose user may make others
#   postgres_stop     stops the cluster and removes it; call it from a trap
# The cluster keeps fsync and synchronous_commit on: what is measured and tested is durable.

readonly POSTGRES_PORT_TRIES=20 POSTGRES_MAX_CONNECTIONS=300
POSTGRES_FOLDER=
POSTGRES_BIN=

# The folder with initdb and pg_ctl, or nothing. Debian keeps them out of PATH.
postgres_bin() {
  local folder
  folder=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
  if [[ -x $folder/initdb ]]; then
    echo "$folder"
  elif command -v initdb >/dev/null; then
    dirname "$(readlink -f "$(command -v initdb)")"
  fi
}

# PostgreSQL refuses to run as root.
postgres_as_owner() {
  if ((EUID == 0)); then
    (cd "$POSTGRES_FOLDER" && runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

postgres_start() {
  local password port try
  POSTGRES_BIN=$(postgres_bin)
  [[ -n $POSTGRES_BIN ]] || { echo "PostgreSQL is missing: sudo apt-get install -y postgresql" >&2; return 1; }
  POSTGRES_FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/openline-postgres.XXXXXX")
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s\n' "$password" >"$POSTGRES_FOLDER/password"
  ((EUID != 0)) || chown -R postgres: "$POSTGRES_FOLDER"
  postgres_as_owner "$POSTGRES_BIN/initdb" --pgdata="$POSTGRES_FOLDER/data" --username=openline --encoding=UTF8 \
    --locale=C.UTF-8 --auth=scram-sha-256 --pwfile="$POSTGRES_FOLDER/password" >"$POSTGRES_FOLDER/initdb.log" ||
    { echo "initdb failed: $(cat "$POSTGRES_FOLDER/initdb.log")" >&2; return 1; }
  postgres_settings | postgres_as_owner tee -a "$POSTGRES_FOLDER/data/postgresql.conf" >/dev/null
  for ((try = 0; try < POSTGRES_PORT_TRIES; try++)); do
    port=$((20000 + RANDOM % 12000))
    # The server's own output goes to a file, so that a pipe behind this script does not wait for it.
    if postgres_as_owner "$POSTGRES_BIN/pg_ctl" start --pgdata="$POSTGRES_FOLDER/data" --log="$POSTGRES_FOLDER/server.log" \
      --wait --timeout=60 --options="-p $port" >/dev/null 2>&1; then
      PGPASSWORD=$password "$POSTGRES_BIN/createdb" --host=127.0.0.1 --port="$port" --username=openline openline || return 1
      export OPENLINE_TEST_POSTGRES="postgres://openline:$password@127.0.0.1:$port/openline"
      return
    fi
    grep -q 'Address already in use' "$POSTGRES_FOLDER/server.log" || break
    : >"$POSTGRES_FOLDER/server.log"
  done
  echo "PostgreSQL did not start: $(tail -n 20 "$POSTGRES_FOLDER/server.log")" >&2
  return 1
}

postgres_settings() {
  cat <<SETTINGS
listen_addresses = '127.0.0.1'
unix_socket_directories = '$POSTGRES_FOLDER'
max_connections = $POSTGRES_MAX_CONNECTIONS
shared_buffers = 256MB
SETTINGS
}

postgres_stop() {
  [[ -n $POSTGRES_FOLDER ]] || return 0
  if [[ -f $POSTGRES_FOLDER/data/postmaster.pid ]]; then
    postgres_as_owner "$POSTGRES_BIN/pg_ctl" stop --pgdata="$POSTGRES_FOLDER/data" --mode=immediate --wait >/dev/null 2>&1 || true
  fi
  rm -rf "$POSTGRES_FOLDER"
  POSTGRES_FOLDER=
}
