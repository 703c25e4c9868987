# One image per app:  docker build --build-arg APP=tcp-echo -t sockyard/tcp-echo .
# One with all apps:  docker build --build-arg APP=sockyard -t sockyard/sockyard .
# All of them:        docker buildx bake
# The workspace layout is kept (no `pnpm deploy`): Node strips types only outside node_modules.

ARG APP

FROM node:26-slim AS workspace
WORKDIR /yard
COPY package.json ./
RUN npm install --global --silent "$(node -p "require('./package.json').packageManager")"
COPY pnpm-workspace.yaml pnpm-lock.yaml ./
COPY packages packages
# Compiled once in what follows, so that a read-only container starts in half the time: as the user who runs it and with
# the options it runs with, because Node keeps a cache for each. They are those of packages/service/src/lifecycle/start-up.ts.
ENV NODE_COMPILE_CACHE=/yard/.compile-cache NODE_OPTIONS=--max-semi-space-size=4
RUN install --directory --owner=node .compile-cache

FROM workspace AS app
ARG APP
COPY apps/${APP} apps/${APP}
# The age of the locked versions was checked when they were locked.
RUN pnpm install --frozen-lockfile --prod --filter "${APP}..." --config.minimum-release-age=0
# An image holds only the packages that its app depends on.
RUN pnpm --config.verify-deps-before-run=false --filter-prod "!${APP}..." --filter-prod '!.' exec sh -c 'rm -r "$PWD"'
USER node
RUN node apps/${APP}/src/main.ts --check && chmod -R a+rX .compile-cache

FROM workspace AS all
COPY apps apps
COPY scripts scripts
RUN pnpm install --frozen-lockfile --prod --filter '{apps/*}...' --filter '@sockyard/scripts...' --config.minimum-release-age=0
USER node
RUN for app in apps/*; do node $app/src/main.ts --check || exit; done \
  && node scripts/release/command.ts list && chmod -R a+rX .compile-cache

FROM node:26-slim AS base
ARG APP
# The names of services and protocols, for those that look them up: slim images have none.
# A spool of chat, and the key of survey agents, are volumes that belong to the user who runs it.
RUN case "${APP}" in inetd|lookup|sockyard) \
      apt-get update && apt-get install --yes --no-install-recommends netbase \
      && rm -rf /var/lib/apt/lists/* /var/cache/apt/* ;; esac \
    && case "${APP}" in chat|sockyard) install --directory --owner=node /spool ;; esac \
    && case "${APP}" in survey|sockyard) install --directory --owner=node /key ;; esac
ENV NODE_ENV=production SOCKYARD_ADMIN_HOST=:: \
  NODE_COMPILE_CACHE=/yard/.compile-cache NODE_OPTIONS=--max-semi-space-size=4 \
  MALLOC_TOP_PAD_=67108864
LABEL org.opencontainers.image.licenses=MIT \
  org.opencontainers.image.base.name=docker.io/library/node:26-slim

FROM base AS runtime
ARG APP
COPY --from=app /yard /yard
WORKDIR /yard/apps/${APP}
USER node
LABEL org.opencontainers.image.title="sockyard-${APP}" \
  org.opencontainers.image.description="${APP}, one of the classic socket services of Sockyard"
ENTRYPOINT ["node", "src/main.ts"]

# What listens, or measures until it is stopped, says on its admin port whether it is ready.
FROM runtime AS service
HEALTHCHECK --interval=2m --timeout=5s --start-period=2m --start-interval=1s --retries=2 \
  CMD ["/yard/packages/service/bin/healthcheck"]

FROM service AS tcp-echo
ENV SOCKYARD_ADMIN_PORT=9101
EXPOSE 3111/tcp 9101/tcp

FROM service AS udp-echo
ENV SOCKYARD_ADMIN_PORT=9102
EXPOSE 3333/udp 9102/tcp

FROM service AS chat
ENV SOCKYARD_ADMIN_PORT=9103
EXPOSE 2020/tcp 9103/tcp

FROM service AS multicast-sender
ENV SOCKYARD_ADMIN_PORT=9104
EXPOSE 9104/tcp

FROM service AS multicast-receiver
ENV SOCKYARD_ADMIN_PORT=9105
EXPOSE 4321/udp 9105/tcp

FROM service AS sntp-listener
ENV SOCKYARD_ADMIN_PORT=9106
EXPOSE 123/udp 9106/tcp

FROM service AS sntp-server
ENV SOCKYARD_ADMIN_PORT=9107
EXPOSE 123/udp 9107/tcp

FROM service AS daytime
ENV SOCKYARD_ADMIN_PORT=9108
EXPOSE 3013/tcp 3013/udp 3037/tcp 3037/udp 9108/tcp

FROM service AS inetd
ENV SOCKYARD_ADMIN_PORT=9109
EXPOSE 3007/tcp 3007/udp 3009/tcp 3009/udp 3014/tcp 3014/udp 3017-3018/tcp 3038/tcp 3038/udp 9109/tcp

FROM service AS sctp-echo
ENV SOCKYARD_ADMIN_PORT=9110
EXPOSE 9899/udp 9110/tcp

FROM service AS console
ENV SOCKYARD_ADMIN_PORT=9111
EXPOSE 3080/tcp 9111/tcp

FROM runtime AS survey

FROM runtime AS lookup

FROM runtime AS lab

# docker run --rm sockyard/sockyard lookup service ssh
FROM base AS sockyard
COPY --from=all /yard /yard
RUN ln -s /yard/scripts/release/command.ts /usr/local/bin/sockyard
USER node
WORKDIR /home/node
LABEL org.opencontainers.image.title=sockyard \
  org.opencontainers.image.description="The classic socket services of Sockyard, and the clients that measure them"
ENTRYPOINT ["sockyard"]

# The stage of the app that was asked for; the others are not built.
FROM ${APP}
