#!/usr/bin/env bash
# Checks the licence of every crate and the banned crates against deny.toml, with nothing but cargo and node: a fresh
# machine has no cargo-deny. `cargo deny check` reads the same file and looks at more (advisories, doubles).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"
cargo metadata --format-version 1 --locked --quiet | node bin/lib/dependencies.mjs deny.toml
