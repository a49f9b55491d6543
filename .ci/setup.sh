# Sourced by ./run and ./test: a virtual environment with the pinned dependencies, made once.
# A stamp inside .venv holds the hash of what was asked for; while it matches, nothing is installed.

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3.12 python3.13 python3 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  fail "Python 3.11 以上が見つかりません。Python 3.11 を入れてから、もう一度実行してください。" \
    "(Python 3.11 or later is needed; set PYTHON=/path/to/python to choose one.)"
}

# set_up NAME REQUIREMENT: NAME is the stamp, REQUIREMENT what pip installs (. or .[dev])
set_up() {
  local name="$1" requirement="$2" python wanted quiet=""
  if [ ! -x .venv/bin/pip ]; then
    python="$(find_python)" || exit 1
    echo "仮想環境 .venv を作っています（初回だけです）… / creating .venv" >&2
    "$python" -m venv .venv || {
      rm -rf .venv
      fail "仮想環境を作れませんでした。Debian や Ubuntu では python3-venv パッケージを入れてください。" \
        "(creating the virtual environment failed; on Debian and Ubuntu install python3-venv.)"
    }
  fi
  wanted="$(.venv/bin/python - <<'PY'
import hashlib, pathlib, sys
what = hashlib.sha256(sys.version.encode())
for name in ("pyproject.toml", "constraints.txt"):
    what.update(pathlib.Path(name).read_bytes())
print(what.hexdigest())
PY
)"
  if [ "$(cat ".venv/tenkyo-$name" 2>/dev/null)" != "$wanted" ]; then
    echo "必要な部品を入れています（初回は数分かかります）… / installing the pinned dependencies" >&2
    [ -t 1 ] || quiet="-qq" # the bars of a download are for a person
    .venv/bin/python -m pip install --disable-pip-version-check $quiet -c constraints.txt -e "$requirement" ||
      fail "部品を入れられませんでした。上の表示（ネットワーク、空き容量など）を確かめて、もう一度実行してください。" \
        "(pip install failed; see its message above.)"
    # what the tests need holds all that running needs
    if [ "$name" = dev ]; then printf '%s\n' "$wanted" >.venv/tenkyo-run; fi
    printf '%s\n' "$wanted" >".venv/tenkyo-$name"
  fi
}
