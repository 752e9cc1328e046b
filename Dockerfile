# syntax=docker/dockerfile:1

# The GraphiQL page.
FROM node:22-bookworm-slim AS web
WORKDIR /web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY web/ ./
RUN npm run build

# The server. Downloads and compiled dependencies stay in the builder's caches.
FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
COPY --from=web /web/dist web/dist
# The caches outlive the sources: what is ours is compiled anew, whatever the dates of its files.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    find src migration -name '*.rs' -exec touch {} + \
    && cargo build --release --locked --bin sojourn \
    && cp target/release/sojourn /sojourn

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin sojourn \
    && install --directory --owner=sojourn --group=sojourn /data
COPY --from=build /sojourn /usr/local/bin/sojourn
COPY LICENSE /usr/share/doc/sojourn/LICENSE
# The root file system may be read-only: only /data (and /tmp, for large uploads) is written to.
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV LISTEN=0.0.0.0:8080 DATA_DIR=/data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["sojourn", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["sojourn"]
CMD ["serve"]
