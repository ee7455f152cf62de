# The service alone, run unbuilt by Node: docker build --tag guichet .
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# No shipped dependency has an install script; the `node` package is for development and stays out.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
# Inside a container both listeners bind every address: publish 8080 to visitors, and never 9090.
ENV NODE_ENV=production \
    GUICHET_PUBLIC_HOST=0.0.0.0 \
    GUICHET_INTERNAL_HOST=0.0.0.0
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY src src
# The user `node` of the base image, by number so that an orchestrator can see that it is not root.
USER 1000:1000
EXPOSE 8080 9090
# Alive, not ready: a Redis that is away must not have every container restarted.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.GUICHET_INTERNAL_PORT || 9090}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
