#!/bin/sh
# Run once by PostgreSQL's image, on an empty volume.
set -eu
psql --username postgres --dbname postgres --no-psqlrc \
  --set owner_password="$OWNER_PASSWORD" --set app_password="$APP_PASSWORD" --file /roles.sql
