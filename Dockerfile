# One image per app:  docker build --build-arg APP=tcp-echo -t sockyard/tcp-echo .
# The workspace layout is kept (no `pnpm deploy`): Node strips types only outside node_modules.

FROM node:26-slim AS dependencies
ARG APP
WORKDIR /yard
RUN npm install --global --silent pnpm@12.21.0
COPY package.json pnpm-workspace.yaml pnpm-lock.yaml ./
COPY packages packages
COPY apps/${APP} apps/${APP}
RUN pnpm install --frozen-lockfile --prod --filter "${APP}..." --reporter=append-only
# Of the packages, an image holds only those that its app depends on.
RUN for package in packages/*; do [ -e "$package/node_modules" ] || grep -q '"dependencies"' "$package/package.json" && [ -e "$package/node_modules" ] || rm -rf "$package"; done

FROM node:26-slim
ARG APP
ENV NODE_ENV=production ADMIN_HOST=::
COPY --from=dependencies /yard /yard
WORKDIR /yard/apps/${APP}
USER node
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --start-interval=1s --retries=3 \
  CMD ["node", "/yard/packages/service/src/healthcheck.ts"]
ENTRYPOINT ["node", "src/main.ts"]
