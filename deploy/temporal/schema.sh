#!/bin/sh
# Makes or updates Temporal's tables; does nothing when they are up to date. The server refuses to
# start on tables of an older version, so this runs before it, with the tools of the same version.
set -eu

# The tools take the rest from SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD and SQL_PLUGIN.
: "${SQL_HOST:?is missing}" "${SQL_USER:?is missing}" "${SQL_PASSWORD:?is missing}"
: "${SQL_PLUGIN:?is missing}"

update() {
  SQL_DATABASE="$1" temporal-sql-tool setup-schema --version 0.0
  SQL_DATABASE="$1" temporal-sql-tool update-schema --schema-name "postgresql/v12/$2"
}

update temporal temporal
update temporal_visibility visibility
