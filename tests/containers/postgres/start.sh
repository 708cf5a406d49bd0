set -eu
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
data=/var/lib/postgresql/data/base
if [ ! -d "$data" ]; then
  printf '%s' "$POSTGRES_PASSWORD" >/tmp/password
  initdb --pgdata "$data" --username "$POSTGRES_USER" --pwfile /tmp/password --auth scram-sha-256 --no-sync
  rm /tmp/password
  echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
  pg_ctl --pgdata "$data" --options "-c listen_addresses=''" --wait start
  PGPASSWORD=$POSTGRES_PASSWORD createdb --username "$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl --pgdata "$data" --wait stop
fi
exec postgres -D "$data" -c "listen_addresses=*"
