# syntax=docker/dockerfile:1

# Both stages are the same Debian, so the C library that is linked is the one that is there.
FROM rust:1.95.0-slim-bookworm AS build
# The image's own toolchain; rust-toolchain.toml would fetch what only developers need.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --release --locked --package vezne \
    && install -D -m 0755 target/release/vezne /out/vezne \
    && strip /out/vezne \
    && install -d -m 0700 /out/state

FROM debian:12-slim
# By number, so that an orchestrator can see that it is not root.
COPY --from=build /out/vezne /usr/bin/vezne
COPY --from=build --chown=65532:65532 /out/state /var/lib/vezne
USER 65532:65532
WORKDIR /var/lib/vezne
# The only place that is written to: the root file system may be mounted read-only.
VOLUME ["/var/lib/vezne"]
ENV VEZNE_STORE_DIRECTORY=/var/lib/vezne \
    VEZNE_SERVER_LISTEN=0.0.0.0:8080 \
    VEZNE_SERVER_OPERATIONS_LISTEN=0.0.0.0:9090 \
    VEZNE_LOG_FORMAT=json
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
# Alive, not ready: a database that is away is no reason to start a server anew. Bash connects by itself.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["/bin/bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9090 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r -t 2 -u 3 _ status _ && [ \"$status\" = 200 ]"]
ENTRYPOINT ["/usr/bin/vezne"]
CMD ["serve"]
