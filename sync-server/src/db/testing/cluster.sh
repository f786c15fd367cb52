# Starts a PostgreSQL of the programs in $1, says its folder, and stops it at the end of its input.
# fsync stays on, because the server refuses a PostgreSQL without it; the folder is in memory where there is room.
set -eu
bin=$1
base=${TMPDIR:-/tmp}
[ -w "$base" ] || base=/tmp
free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
[ -w /dev/shm ] && [ "${free:-0}" -gt 2000000 ] && base=/dev/shm
dir=$(mktemp -d "$base/sysops-pg-XXXXXX")
end() {
    trap '' INT TERM HUP
    "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap end EXIT
trap 'exit 1' INT TERM HUP
# A locale that does not sort by bytes, to prove that ours does not depend on it.
make() { "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-sync "$@" >"$dir/log" 2>&1; }
make --locale=C.UTF-8 --locale-provider=icu --icu-locale=en || { rm -rf "$dir/data"; make --locale=C.UTF-8; } ||
    { rm -rf "$dir/data"; make --locale=C; } || { cat "$dir/log" >&2; exit 1; }
cat >>"$dir/data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$dir'
max_connections = 300
shared_buffers = 64MB
wal_level = minimal
max_wal_senders = 0
max_wal_size = 512MB
deadlock_timeout = 100ms
END
"$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w start >/dev/null 2>&1 </dev/null || { cat "$dir/log" >&2; exit 1; }
echo "$dir"
exec >/dev/null
cat >/dev/null
