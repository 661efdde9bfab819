# The program with everything it needs to serve and to work, as a user of its own. PostgreSQL, nginx and the mail server
# are others' (docker-compose.yml shows them together).
FROM node:24-bookworm-slim AS made
WORKDIR /opt/sekisho
COPY package.json package-lock.json ./
# Optional packages are Node itself, which is here already, and the embedded database, which does not run in production.
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund
COPY . .
RUN node scripts/generate.ts

FROM node:24-bookworm-slim
ENV NODE_ENV=production DATA_DIR=/var/lib/sekisho NODE_COMPILE_CACHE=/var/lib/sekisho/.cache
WORKDIR /opt/sekisho
COPY --from=made /opt/sekisho /opt/sekisho
# nginx's group in its own image (101): the sockets are for it and nobody else.
RUN groupadd --gid 101 front \
 && usermod --append --groups front node \
 && install -d -o node -g node -m 750 /var/lib/sekisho \
 && install -d -o node -g front -m 2750 /var/lib/sekisho/front \
 && ln -s /opt/sekisho/bin/sekisho /usr/local/bin/sekisho
USER node
VOLUME ["/var/lib/sekisho/front"]
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/readyz').then(a=>process.exit(a.ok?0:1),()=>process.exit(1))"]
CMD ["sekisho", "serve"]
