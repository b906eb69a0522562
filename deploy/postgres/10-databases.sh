#!/bin/sh
# Run once by the PostgreSQL image, on an empty volume: one role and its databases for VOCA, one for
# Temporal, so that neither can read the other's.
set -eu

: "${POSTGRES_VOCA_PASSWORD:?is missing}"
: "${POSTGRES_TEMPORAL_PASSWORD:?is missing}"

# The passwords come in as psql variables, which quotes them, and not on a command line.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
  --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-postgres}" <<'SQL'
\getenv voca_password POSTGRES_VOCA_PASSWORD
\getenv temporal_password POSTGRES_TEMPORAL_PASSWORD
create role voca login password :'voca_password';
create role temporal login password :'temporal_password';
-- What VOCA's processes become: one sees a workspace at a time, the other keeps house. Its own user may not
-- make roles.
create role voca_app nologin;
create role voca_system nologin;
grant voca_app, voca_system to voca;
create database voca owner voca;
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke connect, temporary on database voca, temporal, temporal_visibility from public;
SQL
