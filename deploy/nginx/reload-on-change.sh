#!/bin/sh
# Has nginx read the issuers and the list of the revoked again whenever the program has written them anew. In nginx's
# Docker image it lies in /docker-entrypoint.d, which runs it once before nginx starts: it waits for the files, then
# watches from the background. Under systemd, sekisho-front.path does the same.
#   FRONT_FOLDER    the folder the program writes to
#   RELOAD_SECONDS  how often to look (5)
#   NGINX_COMMAND   the command that is nginx, with its options (nginx)
set -eu
nginx=${NGINX_COMMAND:-nginx}
pause=${RELOAD_SECONDS:-5}

state() {
  cat "$FRONT_FOLDER/issuers.pem" "$FRONT_FOLDER/crl.pem" 2>/dev/null | cksum
}

watch() {
  last=$1
  while sleep "$pause"; do
    now=$(state)
    [ "$now" = "$last" ] && continue
    # A file that nginx can't read leaves the running one as it is, and is looked at again.
    if $nginx -t -q && $nginx -s reload; then last=$now; fi
  done
}

until [ -s "$FRONT_FOLDER/issuers.pem" ] && [ -s "$FRONT_FOLDER/crl.pem" ]; do
  sleep 1
done
watch "$(state)" &
