#!/usr/bin/env bash
# Every command of the repository. Each one first brings the tools up to date (setup) and then hands over
# to one Python module in tools/, which can be run by hand just as well: .venv/bin/python -m tools.build
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export PATH="$PWD/.tools/bin:$PATH"

usage() {
  cat <<'TEXT'
Usage: ./deploy.sh COMMAND

On this machine, with an embedded AWS:
  local             from nothing to results on the screen; again, to use what stands
  local --stop      end the embedded AWS and keep its state
  local --wipe      end it and delete its state
  test [PART…]      what CI runs, or of that: checks unit simulation browser terraform docs e2e; and of what takes longer,
                    or asks PyPI: audit fuzz load privileges
  bench             every benchmark of benchmarks/, one after the other
  setup             uv, .venv with the scandrop command, Terraform (the other commands begin with it)
  build             the packages that Terraform uploads, into build/
  docs              the pages of docs/ as a site, into build/docs/

On AWS (ENV is the name of a pair env/ENV.tfvars and env/ENV.backend.hcl):
  ENV [--yes]          build, plan, ask, apply, smoke
  plan ENV             write the plan to build/ENV.tfplan
  drift ENV            the same, and end with 2 where there is anything in it
  apply ENV            apply that very plan
  smoke ENV            drop a sample of each lane and wait for its result
  destroy ENV [--yes]  take the environment down

Examples:
  ./deploy.sh local
  ./deploy.sh test unit
  ./deploy.sh plan dev && ./deploy.sh apply dev
TEXT
}

say() {
  printf '%s\n' "$*" >&2
}

die() {
  say "scandrop: $*"
  exit 1
}

# The uv on the PATH if it knows the platforms of our wheels, else the pinned one in a folder of its own.
ensure_uv() {
  if [[ $(uv --version 2>/dev/null) =~ ^uv\ ([0-9]+)\.([0-9]+) ]]; then
    ((BASH_REMATCH[1] > 0 || BASH_REMATCH[2] >= 5)) && return
  fi
  local python
  for python in python3.12 python3 python; do
    "$python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null && break
  done || die "Python with pip is missing. Install it (Debian: sudo apt install python3-pip; \
macOS: brew install python@3.12), then run ./deploy.sh setup"
  say "Installing uv into .tools"
  rm -rf .tools/uv
  PIP_REQUIRE_VIRTUALENV=0 PIP_USER=0 "$python" -m pip install -qq --target .tools/uv --require-hashes \
    --requirement requirements/uv.txt || die "uv could not be installed. Check the network, then run ./deploy.sh setup"
  mkdir -p .tools/bin
  ln -sf ../uv/bin/uv .tools/bin/uv
}

wanted() {
  printf '%s\n' "$PWD"
  cat requirements/dev.txt pyproject.toml
}

venv_is_current() {
  wanted | cmp -s - .venv/.synced && [[ -x .venv/bin/python ]]
}

sync_venv() {
  ensure_uv
  say "Installing the locked dependencies into .venv"
  if [[ $(head -n 1 .venv/.synced 2>/dev/null) != "$PWD" ]] || ! .venv/bin/python -c '' 2>/dev/null; then
    uv venv --quiet --clear --python 3.12 .venv ||
      die "No Python 3.12 was found or fetched. Install python3.12, then run ./deploy.sh setup"
  fi
  if ! uv pip sync --quiet --python .venv/bin/python --require-hashes requirements/dev.txt ||
    ! uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .; then
    die "The locked dependencies could not be installed. Check the network, then run ./deploy.sh setup"
  fi
  wanted >.venv/.synced
}

# One setup at a time: a second one waits for the first and then finds nothing left to do.
locked() {
  mkdir -p .tools
  until mkdir .tools/lock 2>/dev/null; do
    kill -0 "$(cat .tools/lock/pid 2>/dev/null || echo $$)" 2>/dev/null || rm -rf .tools/lock
    sleep 0.2
  done
  trap 'rm -rf .tools/lock' EXIT
  echo $$ >.tools/lock/pid
  "$@"
  rm -rf .tools/lock
  trap - EXIT
}

update() {
  venv_is_current || sync_venv
  .venv/bin/python -m tools.toolchain
}

setup() {
  SCANDROP_STARTED=$(date +%s)
  export SCANDROP_STARTED
  if venv_is_current; then .venv/bin/python -m tools.toolchain; else locked update; fi
}

command=${1:---help}
shift || true
case $command in
  -h | --help | help) usage ;;
  setup)
    setup
    echo "Ready: .venv/bin/scandrop --help, ./deploy.sh local, ./deploy.sh test"
    ;;
  build | docs | local | test)
    setup
    exec .venv/bin/python -m "tools.$command" "$@"
    ;;
  plan | drift | apply | smoke | destroy)
    setup
    exec .venv/bin/python -m tools.deploy "$command" "$@"
    ;;
  bench)
    setup
    for name in image record handler fmri fmri_accuracy dicom deid_evaluation reconcile; do .venv/bin/python -m "benchmarks.$name"; done
    ;;
  *)
    [[ -f env/$command.tfvars ]] || die "There is no command or environment '$command'. See ./deploy.sh --help"
    setup
    exec .venv/bin/python -m tools.deploy all "$command" "$@"
    ;;
esac
