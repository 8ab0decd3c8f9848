# The images that a release ships. Build one with `docker build --target service|operator|demo-users .`
# Only `npm ci` needs a network; where there is no engine, `npm run package` makes the same images.
#
# The builder: Node.js 24 with npm, and a C library of GNU that is not newer than the base's.
ARG BUILD_IMAGE=docker.io/library/node:24.21.0-bookworm-slim
# What the programs stand on: the C and C++ libraries of GNU, no shell and no package manager. An argument, so that it can be
# named by digest (its tags move) or be a company's own, scanned one.
ARG BASE_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
# What is installed only changes with these, so that this layer is kept over changes of the sources.
COPY package.json package-lock.json .npmrc ./
COPY cli/package.json cli/
COPY crds/package.json crds/
COPY charts/chat/package.json charts/chat/
COPY charts/platform/package.json charts/platform/
COPY environments/package.json environments/
COPY synth/package.json synth/
COPY operator/package.json operator/
COPY plugin/package.json plugin/
COPY services/package.json services/
COPY web/package.json web/
COPY delivery/kubectl/package.json delivery/kubectl/
COPY delivery/release/package.json delivery/release/
COPY delivery/deploy/package.json delivery/deploy/
COPY sandbox/machine/package.json sandbox/machine/
COPY sandbox/images/package.json sandbox/images/
COPY sandbox/servers/package.json sandbox/servers/
COPY sandbox/cluster/package.json sandbox/cluster/
COPY sandbox/demo/package.json sandbox/demo/
COPY sandbox/start/package.json sandbox/start/
COPY testing/package.json testing/
COPY tools/package.json tools/
COPY test/package.json test/
COPY bench/package.json bench/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# The program, the licences of what is in it, and the Node.js of the lock file.
RUN node sandbox/images/src/write-program.ts chat-service /out/service \
 && node sandbox/images/src/write-program.ts operator /out/operator \
 && node sandbox/images/src/write-program.ts demo-users /out/demo-users \
 && cp node_modules/node-linux-*/bin/node /out/node

FROM ${BASE_IMAGE} AS runtime
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=build --chown=0:0 /out/node /usr/bin/node
ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin NODE_ENV=production
WORKDIR /app
# Numeric, so that Kubernetes can check runAsNonRoot. Nothing below /app belongs to this user, and nothing needs to be written.
USER 10001:10001
ENTRYPOINT ["node", "/app/main.js"]

# Tagged as chat-service and as websocket-service: the argument (api, websocket, migrate) says which it is.
FROM runtime AS service
LABEL org.opencontainers.image.title="chat-app services"
# The chat page, which api serves.
ENV WEB_ROOT=/app/web
COPY --from=build --chown=0:0 /out/service /app

FROM runtime AS operator
LABEL org.opencontainers.image.title="chat-app operator"
COPY --from=build --chown=0:0 /out/operator /app

FROM runtime AS demo-users
LABEL org.opencontainers.image.title="chat-app demo users"
COPY --from=build --chown=0:0 /out/demo-users /app
