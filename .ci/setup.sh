# Sourced by ./run, ./test and the Containerfile: a virtual environment with the pinned dependencies, made once.
# A stamp inside .venv holds the hash of what was asked for; while it matches, nothing is installed.
#
# TENKYO_TORCH=auto|cpu|cuda   which build of torch; auto takes the one for CPUs unless there is an NVIDIA device
# TENKYO_TORCH_INDEX=URL       where the builds for CPUs are asked for

# Each file is read by a process of its own: what Python has compiled is kept, also where an image says not to.
unset PYTHONDONTWRITEBYTECODE

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

pip_install() {
  local quiet=""
  [ -t 1 ] || quiet="-qq" # the bars of a download are for a person
  # What is never imported need not be compiled: that is half of the time.
  .venv/bin/python -m pip install --disable-pip-version-check --no-compile $quiet -c constraints.txt "$@"
}

has_nvidia() { [ -e /dev/nvidiactl ] || nvidia-smi -L >/dev/null 2>&1; }

# torch first and alone: on Linux the ordinary index holds it with CUDA, gigabytes that a machine without NVIDIA never uses.
set_up_torch() {
  local wanted="${TENKYO_TORCH:-auto}" index="${TENKYO_TORCH_INDEX:-https://download.pytorch.org/whl/cpu}"
  case "$wanted" in
    auto) if has_nvidia; then wanted=cuda; else wanted=cpu; fi ;;
    cpu | cuda) ;;
    *) fail "TENKYO_TORCH には auto、cpu、cuda のどれかを指定してください（今の値: $wanted）。" \
      "(TENKYO_TORCH must be auto, cpu or cuda, not $wanted.)" ;;
  esac
  # elsewhere than on Linux the ordinary index holds the small build
  if [ "$wanted" = cuda ] || [ "$(uname -s)" != Linux ]; then return; fi
  # installed already, or a wheel at hand (PIP_FIND_LINKS): nobody is asked
  if pip_install --no-index --no-deps torch >/dev/null 2>&1; then return; fi
  echo "PyTorch（CPU 版、約190MB）を入れています… / installing PyTorch's build for CPUs (190 MB)" >&2
  # Asked once: where it cannot be reached, nobody is to wait. No other index may answer instead of it.
  if PIP_EXTRA_INDEX_URL="" pip_install --no-deps --index-url "$index" --timeout 10 --retries 0 torch 2>/dev/null; then
    return
  fi
  printf '%s\n' "PyTorch の CPU 版の配布元につながらないため、通常の配布元から入れます。GPU 用の部品を含み、約2.7GB をダウンロードします。" \
    "(PyTorch's index of CPU builds cannot be reached. The ordinary index has the build with CUDA: about 2.7 GB to download.)" >&2
}

# set_up NAME REQUIREMENT: NAME is the stamp, REQUIREMENT what pip installs (. or .[dev])
set_up() {
  local name="$1" requirement="$2" python wanted
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
    trap 'exit 130' INT # pip ends as if it had failed, and what comes next must not start then
    set_up_torch
    pip_install -e "$requirement" ||
      fail "部品を入れられませんでした。上の表示（ネットワーク、空き容量など）を確かめて、もう一度実行してください。" \
        "(pip install failed; see its message above.)"
    trap - INT
    # what the tests need holds all that running needs
    if [ "$name" = dev ]; then printf '%s\n' "$wanted" >.venv/tenkyo-run; fi
    printf '%s\n' "$wanted" >".venv/tenkyo-$name"
  fi
}
