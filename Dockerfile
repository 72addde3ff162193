# Gatehouse needs no build: Node.js runs the TypeScript as it is.
FROM node:24-bookworm-slim AS base
WORKDIR /app
ENV NODE_ENV=production
COPY package.json package-lock.json .npmrc ./

# The server: `docker build --target gatehouse .`
FROM base AS gatehouse
RUN npm ci --omit=dev && npm cache clean --force
COPY src ./src
COPY views ./views
COPY certs/README.md ./certs/README.md
RUN mkdir data && chown node:node data
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 4000}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=16", "src/serve.js"]

# The two demo applications and what registers them; they need the relying side's libraries as well.
FROM base AS examples
RUN npm ci --include=dev && npm cache clean --force
COPY src ./src
COPY views ./views
COPY examples ./examples
COPY certs/README.md ./certs/README.md
RUN mkdir data && chown node:node data
USER node
