#!/bin/sh
# Creates or updates the two databases of the Temporal server. Run it after every change of the server's version, before
# the server starts; running it again changes nothing. Runs in the image temporalio/admin-tools of the same version.
# Needs POSTGRES_HOST, POSTGRES_USER and SQL_PASSWORD (temporal-sql-tool reads the last one itself).
set -eu

schema() {
  temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_HOST" -p "${POSTGRES_PORT:-5432}" -u "$POSTGRES_USER" "$@"
}

for kind in temporal visibility; do
  database=temporal
  if [ "$kind" = visibility ]; then database=temporal_visibility; fi
  schema --db "$database" create
  schema --db "$database" setup-schema -v 0.0
  schema --db "$database" update-schema -d "/etc/temporal/schema/postgresql/v12/$kind/versioned"
done
echo 'The schema is up to date.'
