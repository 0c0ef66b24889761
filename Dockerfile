# The gateway without PostgreSQL: a container that is thrown away must not hold the one truth. DATABASE_URL names it, and a start
# without one ends with a sentence that says so. For a trial with the embedded PostgreSQL, `npm start` in a checkout is the way.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=optional --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN npm run -s build && rm dist/.tsbuildinfo && chmod -R a+rX dist

FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

# A checkout made under a strict umask is closed to the image's user: what is copied from it is opened to read.
FROM node:24-bookworm-slim AS files
WORKDIR /app
COPY package.json ./
COPY bin bin
COPY mappings mappings
COPY profiles profiles
COPY config config
RUN chmod -R a+rX .

FROM node:24-bookworm-slim
ENV NODE_ENV=production HTTP_PORT=8080 MLLP_PORT=2575 TDU_CONFIG=/app/config/gateway.yaml TDU_DATA_DIR=/app/data
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=files /app ./
RUN ln -s /app/bin/tdu.js /usr/local/bin/tdu
# Beside the folder of the operator's token nothing belongs to this user: the rest of the file system may be read-only.
RUN install -d -o node -g node -m 700 /app/data
VOLUME /app/data
USER node
EXPOSE 2575 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HTTP_PORT}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
