# The images that a release ships. Build one with `docker build --target service|operator|demo-users .`
#
# BASE_IMAGE needs Node.js 24 in PATH and a C library of GNU (bcrypt's native part is built for it); it is an argument so that a
# company's own, scanned base image can be used, by digest.
ARG BASE_IMAGE=docker.io/library/node:24-bookworm-slim
# Node.js 24 with npm.
ARG BUILD_IMAGE=docker.io/library/node:24-bookworm-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
# What is installed only changes with these, so that this layer is kept over changes of the sources.
COPY package.json package-lock.json .npmrc ./
COPY crds/package.json crds/
COPY environments/package.json environments/
COPY charts/package.json charts/
COPY operator/package.json operator/
COPY services/package.json services/
COPY sandbox/package.json sandbox/
COPY test/package.json test/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node sandbox/src/images/write-program.ts chat-service /out/service \
 && node sandbox/src/images/write-program.ts operator /out/operator \
 && node sandbox/src/images/write-program.ts demo-users /out/demo-users

FROM ${BASE_IMAGE} AS runtime
ENV NODE_ENV=production
WORKDIR /app
# Numeric, so that Kubernetes can check runAsNonRoot. Nothing below /app belongs to this user, and nothing needs to be written.
USER 10001:10001
ENTRYPOINT ["node", "/app/main.js"]

# Tagged as chat-service and as websocket-service: the argument (api, websocket, migrate) says which it is.
FROM runtime AS service
COPY --from=build --chown=0:0 /out/service /app

FROM runtime AS operator
COPY --from=build --chown=0:0 /out/operator /app

FROM runtime AS demo-users
COPY --from=build --chown=0:0 /out/demo-users /app
