"""Takes the sample in for the gate and leaves a copy for the tests: python .ci/sample.py INDEX COPY"""

import shutil
import sys
from pathlib import Path

from filelock import FileLock

from eval.sets import QUESTIONS, find_sets, open_set

index, copy = map(Path, sys.argv[1:])
copy.parent.mkdir(parents=True, exist_ok=True)
with FileLock(f"{copy}.lock"):  # the tests wait for it, see ``sample_index`` in tests/conftest.py
    [sample], _ = find_sets([QUESTIONS / "sample.jsonl"], [])
    folder = open_set(sample, index, "default").collection.folder
    unfinished = copy.with_name(f"{copy.name}-unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(folder, unfinished)
    unfinished.rename(copy)
