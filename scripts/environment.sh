# Sourced by scripts/demo and scripts/test: makes .venv with what pyproject.toml asks for.
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

make_venv() {
  local python
  python=$(find_python) || exit 1
  if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
    fail "$python cannot make virtual environments: its venv module is not installed." \
      "Debian, Ubuntu: apt install python3-venv. Then run this again."
  fi
  rm -rf .venv
  "$python" -m venv .venv || fail "Making .venv with $python failed; see above."
}

# ensure_installed EXTRAS: installs the project with "[test]" or nothing, unless that was done
# before for this pyproject.toml.
ensure_installed() {
  local extras=$1 stamp want
  stamp=".venv/backissue-installed"
  want=$(cksum <pyproject.toml)
  if [ -x .venv/bin/python ] && [ -f "$stamp" ]; then
    case $(cat "$stamp") in
      "$want" | "$want [test]") [ "$extras" = "" ] && return ;;
    esac
    [ "$(cat "$stamp")" = "$want $extras" ] && return
  fi
  if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    make_venv
  fi
  echo "Installing into .venv (once) …" >&2
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".$extras" ||
    fail "Installing failed; see above. It needs the Python package index, once."
  printf '%s' "${want}${extras:+ $extras}" >"$stamp"
}
