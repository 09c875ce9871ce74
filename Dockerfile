# One image, three commands: the API (the default), the worker (`dist/src/bin/worker.js`) and the migrations
# (`dist/src/bin/migrate.js`). It contains the sandbox provider too (`dist/sandbox/main.js`). The Temporal SDK has
# native code for glibc, so an Alpine base does not work.
ARG NODE_IMAGE=node:24.19.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY workflows workflows
COPY activities activities
COPY sandbox sandbox
RUN npm run build
# Remove build dependencies, the SDK's native libraries for other systems, and its Rust sources.
ARG TARGETARCH
RUN npm prune --omit=dev --no-audit --no-fund \
    && case "${TARGETARCH:-$(dpkg --print-architecture)}" in \
         amd64) keep=x86_64-unknown-linux-gnu ;; \
         arm64) keep=aarch64-unknown-linux-gnu ;; \
         *) echo "The Temporal SDK has no native library for ${TARGETARCH}." >&2; exit 1 ;; \
       esac \
    && bridge=node_modules/@temporalio/core-bridge \
    && find "$bridge/releases" -mindepth 1 -maxdepth 1 ! -name "$keep" -exec rm -rf {} + \
    && rm -rf "$bridge/sdk-core" "$bridge/src"

FROM ${NODE_IMAGE}
# The Temporal SDK needs the system's certificate store, which the slim image lacks.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 WORKER_HEALTH_PORT=4001 METRICS_PORT=4002 \
    WORKER_METRICS_PORT=4003
# glibc otherwise keeps up to 160 MB of what earlier thumbnails have freed.
ENV MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY migrations migrations
COPY deploy/healthcheck.mjs deploy/healthcheck.mjs
# For files of messages, and for the ledger of the sandbox: a volume mounted here belongs to the same user.
RUN install -d -o node -g node /data
USER node
EXPOSE 4000 4001 4002 4003
# Checks that the API process is alive; docker-compose.yml overrides it with the worker's port.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["node", "deploy/healthcheck.mjs", "http://127.0.0.1:4000/healthz"]
# Node gets the signals directly; npm would swallow them.
CMD ["node", "--enable-source-maps", "dist/src/bin/api.js"]
