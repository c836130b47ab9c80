# Recipes for people who work on tieback. `just ci` is everything that has to hold before a change lands.

# List the recipes.
default:
    @just --list

# Everything CI runs.
ci:
    .ci/run

# Format the code.
fmt:
    cargo fmt

# All tests, as the README says.
test *ARGS:
    cargo test {{ARGS}}

# The lints, warnings denied.
lint:
    cargo clippy --all-targets -- --deny warnings

# The documentation of the crate, warnings denied.
doc:
    RUSTDOCFLAGS="--deny warnings" cargo doc --no-deps --document-private-items

# Review snapshots that changed (needs cargo-insta).
review:
    cargo insta review

# What the engine costs beside the requests.
bench:
    cargo bench

# Licences, bans and sources of the dependencies (needs cargo-deny).
deny:
    cargo deny check licenses bans sources

# The smallest and fastest binary.
dist:
    cargo build --profile dist --locked

# Fuzz one target for a while, such as `just fuzz signature` (needs cargo-fuzz and a nightly toolchain).
fuzz TARGET SECONDS="60":
    cargo +nightly fuzz run {{TARGET}} -- -max_total_time={{SECONDS}}
