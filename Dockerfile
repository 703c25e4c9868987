# One image per app:  docker build --build-arg APP=tcp-echo -t sockyard/tcp-echo .
# The workspace layout is kept (no `pnpm deploy`): Node strips types only outside node_modules.

FROM node:26-slim AS app
WORKDIR /yard
COPY package.json ./
RUN npm install --global --silent "$(node -p "require('./package.json').packageManager")"
COPY pnpm-workspace.yaml pnpm-lock.yaml ./
COPY packages packages
ARG APP
COPY apps/${APP} apps/${APP}
# The age of the locked versions was checked when they were locked.
RUN pnpm install --frozen-lockfile --prod --filter "${APP}..." --config.minimum-release-age=0
# An image holds only the packages that its app depends on.
RUN pnpm --config.verify-deps-before-run=false --filter "!${APP}..." --filter '!.' exec sh -c 'rm -r "$PWD"'
# Compiled once here, so that a read-only container starts in half the time: as the user who runs it and with the
# options it runs with, because Node keeps a cache for each. The options are those of packages/service/src/launch.ts.
ENV NODE_COMPILE_CACHE=/yard/.compile-cache NODE_OPTIONS=--max-semi-space-size=4
RUN install --directory --owner=node .compile-cache
USER node
RUN node apps/${APP}/src/main.ts --check && chmod -R a+rX .compile-cache

FROM node:26-slim
ARG APP
# The names of services and protocols, for those that look them up: slim images have none.
RUN case "${APP}" in inetd|lookup) \
      apt-get update && apt-get install --yes --no-install-recommends netbase \
      && rm -rf /var/lib/apt/lists/* ;; esac
ENV NODE_ENV=production ADMIN_HOST=:: \
  NODE_COMPILE_CACHE=/yard/.compile-cache NODE_OPTIONS=--max-semi-space-size=4
COPY --from=app /yard /yard
WORKDIR /yard/apps/${APP}
USER node
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --start-interval=1s --retries=3 \
  CMD ["node", "/yard/packages/service/src/healthcheck.ts"]
ENTRYPOINT ["node", "src/main.ts"]
