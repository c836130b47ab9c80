# A static binary and nothing else: no shell, no libraries; it brings its certificates along.
# Not yet built by a container engine.
FROM rust:1.95-alpine AS build
RUN apk add --no-cache build-base
WORKDIR /source
COPY . .
RUN cargo build --profile dist --locked

FROM scratch
COPY --from=build /source/target/dist/tieback /tieback
# Where scenarios are looked for and reports are written.
WORKDIR /work
USER 65534:65534
ENTRYPOINT ["/tieback"]
