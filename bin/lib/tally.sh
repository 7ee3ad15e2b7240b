# shellcheck shell=bash
# Runs steps one after the other, adds up honestly what passed and what failed, and goes on after a failure.
# Sourced by bin/ci after LOGS is known there. A check counts as one; a suite counts its tests, as its tool says.

PASSED=0
FAILED=0
STEP=0
LINES=()

heading() { printf '\n=== %s\n' "$*"; }

# must COMMAND: without it nothing else makes sense.
must() {
  "$@" || { FAILED=$((FAILED + 1)); summary; verdict; exit 1; }
}

# run TITLE COMMAND...: shows and keeps the output (in OUTPUT); the exit code is the command's.
run() {
  local title=$1 began=$SECONDS code=0
  shift
  STEP=$((STEP + 1))
  OUTPUT=$LOGS/$STEP.log
  heading "$title"
  "$@" > >(tee "$OUTPUT") 2>&1 || code=$?
  copied "$!"
  TOOK=$((SECONDS - began))
  return "$code"
}

# The copy in OUTPUT is complete when tee has ended; but a process that a test left behind may keep tee's input open.
copied() {
  local turn
  for ((turn = 0; turn < 50; turn++)); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  echo "a process that this step started is still running and holds its output open" >&2
}

# add TITLE PASSED FAILED
add() {
  PASSED=$((PASSED + $2))
  FAILED=$((FAILED + $3))
  LINES+=("$(printf '%-34s %6d passed %5d failed %6d s' "$1" "$2" "$3" "${TOOK:-0}")")
}

# Whether the last check or suite passed; bin/ci reads it.
# shellcheck disable=SC2034
GOOD=true

# shellcheck disable=SC2034
check() {
  if run "$@"; then GOOD=true; add "$1" 1 0; else GOOD=false; add "$1" 0 1; fi
}

cannot_run() {
  TOOK=0
  echo "could not run: $1" >&2
  add "$1" 0 1
}

# suite TITLE TOOL COMMAND...: TOOL says how the summary reads. A test that was skipped counts as failed, a tool that
# fails without a failed test counts as one more, and a suite of which no test is seen has failed.
# shellcheck disable=SC2034
suite() {
  local title=$1 tool=$2 code=0 passed failed
  shift 2
  run "$title" "$@" || code=$?
  read -r passed failed < <("counts_of_${tool//-/_}" "$OUTPUT")
  if ((code != 0 && failed == 0)); then failed=1; fi
  if ((passed + failed == 0)) && [[ $tool != cargo-doc ]]; then
    echo "no test ran" >&2
    failed=1
  fi
  if ((failed == 0)); then GOOD=true; else GOOD=false; fi
  add "$title" "$passed" "$failed"
}

# Each prints "PASSED FAILED" for the output of one tool.
# cargo-nextest: "Summary [ 1.2s] 9 tests run: 7 passed (1 slow), 1 failed, 1 skipped"; cargo test: "test result: ok. 7 passed; 1 failed; 1 ignored; ..."
counts_of_cargo() {
  awk '
    function before(word,   m) { return match($0, "[0-9]+ " word) ? substr($0, RSTART, RLENGTH) + 0 : 0 }
    / tests? run: /  { passed += before("passed"); failed += before("failed") + before("timed out") + before("exec failed") + before("skipped") }
    /^test result: / { passed += before("passed"); failed += before("failed") + before("ignored") }
    END { print passed + 0, failed + 0 }' "$1"
}
counts_of_cargo_doc() { counts_of_cargo "$1"; }

# vitest: "      Tests  1 failed | 7 passed | 1 skipped (9)"
counts_of_vitest() {
  awk '
    function before(word,   m) { return match($0, "[0-9]+ " word) ? substr($0, RSTART, RLENGTH) + 0 : 0 }
    /^ *Tests  / { passed += before("passed"); failed += before("failed") + before("skipped") + before("todo") }
    END { print passed + 0, failed + 0 }' "$1"
}

# node --test: "# pass 7" (TAP) or "ℹ pass 7" (spec), and the same for fail, cancelled, skipped, todo.
counts_of_node() {
  awk '
    $1 == "#" || $1 == "ℹ" {
      if ($2 == "pass") passed += $3
      else if ($2 == "fail" || $2 == "cancelled" || $2 == "skipped" || $2 == "todo") failed += $3
    }
    END { print passed + 0, failed + 0 }' "$1"
}

summary() {
  heading "Summary after $((SECONDS / 60)) min $((SECONDS % 60)) s"
  ((${#LINES[@]} == 0)) || printf '%s\n' "${LINES[@]}"
}

# The very last line, and the exit code.
verdict() {
  echo "$PASSED passed, $FAILED failed"
  ((FAILED == 0 && PASSED > 0)) || exit 1
}
