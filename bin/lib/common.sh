# shellcheck shell=bash
# What the commands in bin/ share: where the project is, and what a machine must have. Sourced, not run.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
TARGET=${CARGO_TARGET_DIR:-target}
[[ $TARGET == /* ]] || TARGET=$ROOT/$TARGET
# The recorded behaviour of RapidPro's engine and courier: no part of the project, beside it or one folder further up.
if [[ -z ${OPENLINE_CONFORMANCE:-} ]]; then
  OPENLINE_CONFORMANCE=$(dirname "$ROOT")/shared/conformance
  [[ -d $OPENLINE_CONFORMANCE || ! -d $ROOT/../../shared/conformance ]] || OPENLINE_CONFORMANCE=$(cd "$ROOT/../../shared/conformance" && pwd)
fi
export ROOT TARGET OPENLINE_CONFORMANCE

readonly NODE_AT_LEAST=20.19.0

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

# at_least HAVE WANTED: compares two version numbers.
at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

# Prints, one a line, what a build lacks on this machine and the words that get it. Nothing printed: all is there.
missing_to_build() {
  local wanted have
  wanted=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' "$ROOT/Cargo.toml")
  if ! command -v cargo >/dev/null; then
    echo "Rust $wanted or newer: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y && . \"\$HOME/.cargo/env\""
  else
    have=$(cargo --version | cut -d' ' -f2)
    at_least "$have" "$wanted" || echo "Rust $wanted or newer (this is $have): rustup update stable"
  fi
  command -v cc >/dev/null || echo "a C compiler: sudo apt-get install -y build-essential"
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "Node $NODE_AT_LEAST or newer with npm: curl -fsSL https://deb.nodesource.com/setup_22.x | sudo bash - && sudo apt-get install -y nodejs"
  else
    have=$(node --version)
    at_least "${have#v}" "$NODE_AT_LEAST" ||
      echo "Node $NODE_AT_LEAST or newer (this is ${have#v}): curl -fsSL https://deb.nodesource.com/setup_22.x | sudo bash - && sudo apt-get install -y nodejs"
  fi
}

require_to_build() {
  local missing
  missing=$(missing_to_build)
  [[ -n $missing ]] || return 0
  printf 'Missing on this machine, and how to get it:\n' >&2
  printf '  - %s\n' "${missing//$'\n'/$'\n'  - }" >&2
  return 1
}

# Installs the console's packages when the lock file is another one than at the last time.
console_packages() {
  local stamp=$ROOT/console/node_modules/.lock-installed
  if ! cmp -s "$ROOT/console/package-lock.json" "$stamp"; then
    (cd "$ROOT/console" && npm ci --no-audit --no-fund)
    cp "$ROOT/console/package-lock.json" "$stamp"
  fi
}
