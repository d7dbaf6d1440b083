# Sourced by the other scripts: makes .venv with the versions that requirements/ names, each file of
# which must have the hash that stands there.
# Needs Python 3.11 or newer; leaves everything outside this folder as it is.

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# The first Python on PATH that is new enough.
find_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      command -v "$candidate"
      return
    fi
  done
  fail "backissue needs Python 3.11 or newer, and none is on PATH." \
    "Install it with your system's packages (Debian, Ubuntu: apt install python3 python3-venv;" \
    "macOS: brew install python) or from https://www.python.org/downloads/, and run this again."
}

# make_venv FOLDER [PYTHON]
make_venv() {
  local folder=$1 python=${2:-}
  [ -n "$python" ] || python=$(find_python) || exit 1
  if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
    fail "$python cannot make virtual environments: its venv module is not installed." \
      "Debian, Ubuntu: apt install python3-venv. Then run this again."
  fi
  rm -rf "$folder"
  "$python" -m venv "$folder" || fail "Making $folder with $python failed; see above."
}

# pip_in FOLDER ARGUMENT…: pip's `install` in a virtual environment.
pip_in() {
  local folder=$1
  shift
  "$folder/bin/python" -m pip --quiet --disable-pip-version-check install "$@" ||
    fail "Installing failed; see above. It needs the Python package index, once."
}

# locked_in FOLDER NAME [OPTION…]: what requirements/NAME.txt lists, file by file as it was then.
locked_in() {
  local folder=$1 name=$2
  shift 2
  pip_in "$folder" --require-hashes --requirement "requirements/$name.txt" "$@"
}

# project_in FOLDER: the project itself. Nothing is fetched, not even to build it.
project_in() {
  pip_in "$1" --no-index --no-deps --no-build-isolation --editable .
}

# ensure_installed NAME: what requirements/NAME.txt lists (run, test or fuzz, each of which has all
# of the one before) and the project itself, unless that was done before for the same files.
ensure_installed() {
  local name=$1 stamp=.venv/backissue-installed want made=""
  want=$(cat pyproject.toml requirements/run.txt requirements/test.txt requirements/fuzz.txt | cksum)
  [ -x .venv/bin/python ] && [ -f "$stamp" ] && made=$(cat "$stamp")
  case $made in
    "$want: "*" $name "*) return ;;
  esac
  if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    make_venv .venv
  fi
  echo "Installing into .venv (once) …" >&2
  locked_in .venv "$name"
  project_in .venv
  case $name in
    run) made="run" ;;
    test) made="run test" ;;
    fuzz) made="run test fuzz" ;;
  esac
  printf '%s:  %s ' "$want" "$made" >"$stamp"
}

# ensure_tools: what makes and checks a release, and requirements/ itself, in build/tools.
ensure_tools() {
  local stamp=build/tools/installed want
  want=$(cksum <requirements/tools.txt)
  [ -x build/tools/bin/python ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
  echo "Installing into build/tools (once) …" >&2
  make_venv build/tools
  locked_in build/tools tools
  printf '%s' "$want" >"$stamp"
}
