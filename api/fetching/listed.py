"""A list of addresses becomes papers of the index; those that have not changed since are not fetched again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field
from pathlib import Path

from api.fetching.fetch import Fetched, Fetcher, FetchError, Mark, web_address
from api.fetching.names import place_in
from api.json_files import replace_json
from index.collection import AddReport, Progress
from index.files import document_id
from index.originals import hash_file
from ingest.parse import ParseError

FILE, FORMAT = "fetched.json", 1
FETCHING = "資料を受け取っています"
AT_ONCE = 20  # papers that are fetched before they are taken in: all that Ctrl-C can cost

Add = Callable[[Sequence[Path], Mapping[Path, str]], AddReport]  # files, and under which names they are to be known


class ListError(Exception):
    """A list that cannot be used. ``str(error)`` is Japanese and names the line."""


@dataclass(frozen=True)
class Held:
    """What is known of an address: the paper that came from there, and what its server said of it."""

    document: str
    mark: Mark


@dataclass
class ListReport:
    """What became of the addresses. ``failed`` holds why, in Japanese, in the order of the list."""

    taken: list[AddReport] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def read_list(path: Path) -> list[str]:
    """Return the addresses of a list, each once; empty lines and what follows a # are left out. Raise ListError."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ListError(f"{path} をUTF-8の文字として読めません。") from None
    found: dict[str, None] = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        address = words[0] if words else ""
        if not address or address.startswith("#"):
            continue
        if words[1:] and not words[1].startswith("#"):
            raise ListError(f"{path} の {number} 行目: 1行に1つのアドレスを書いてください。")
        try:
            found[web_address(address).geturl()] = None
        except FetchError as error:
            raise ListError(f"{path} の {number} 行目: {error}（{address[:200]}）") from None
    if not found:
        raise ListError(f"{path} にアドレスがありません。")
    return list(found)


class Memory:
    """What is known of addresses, in a file beside the index. It only saves work: damaged, it is begun anew."""

    def __init__(self, folder: Path):
        self._path = folder / FILE
        self._held: dict[str, Held] = {}
        try:
            body = json.loads(self._path.read_text("utf-8"))
            if body["format"] == FORMAT:
                rows = body["addresses"].items()
                self._held = {key: Held(row["document"], Mark(**row["mark"])) for key, row in rows}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass

    def mark(self, address: str, shelf: str, held: Set[str]) -> Mark | None:
        """Return what was said of a paper that is still in the index; None where it must be fetched."""
        known = self._held.get(f"{shelf} {address}")
        return known.mark if known and known.document in held and (known.mark.etag or known.mark.modified) else None

    def keep(self, address: str, shelf: str, document: str, mark: Mark) -> None:
        self._held[f"{shelf} {address}"] = Held(document, mark)

    def write(self) -> None:
        held = {key: asdict(one) for key, one in self._held.items()}
        replace_json(self._path, {"format": FORMAT, "addresses": held})


def take_in(
    addresses: Sequence[str],
    fetcher: Fetcher,
    memory: Memory,
    add: Add,
    held: Callable[[], Set[str]],
    progress: Progress,
    shelf: str = "",
) -> ListReport:
    """Fetch what is new or has changed and take it in; ``held`` returns the ids of the papers that are in the index.

    One that fails is put down with why, and the rest goes on. Ctrl-C leaves what has been taken in.
    """
    report = ListReport()
    for start in range(0, len(addresses), AT_ONCE):
        with tempfile.TemporaryDirectory(prefix="tenkyo-") as folder:
            there = held()
            fetched: dict[Path, tuple[str, Fetched]] = {}
            for number, address in enumerate(addresses[start : start + AT_ONCE]):
                progress(FETCHING, start + number, len(addresses))
                into = Path(folder, str(number))
                into.mkdir()
                try:
                    got = fetcher.fetch(address, into, memory.mark(address, shelf, there))
                except FetchError as error:
                    report.failed.append((address, str(error)))
                    continue
                if got is None:
                    report.unchanged.append(address)
                else:
                    fetched[got.path] = address, got
            progress(FETCHING, min(start + AT_ONCE, len(addresses)), len(addresses))
            if fetched:
                _add(fetched, memory, add, held, report, shelf)
    return report


def _add(
    fetched: Mapping[Path, tuple[str, Fetched]],
    memory: Memory,
    add: Add,
    held: Callable[[], Set[str]],
    report: ListReport,
    shelf: str,
) -> None:
    ids = {path: document_id(hash_file(path), shelf) for path in fetched}
    places = {path: place_in(got.url, got.name) for path, (_, got) in fetched.items()}
    added = add(list(fetched), places)
    failed: dict[Path, ParseError] = dict(added.failed)
    there = held()
    for path, (address, got) in fetched.items():
        if path in failed:
            page = failed[path].page
            report.failed.append((address, f"{page} ページ: " * bool(page) + failed[path].message))
        elif ids[path] in there:
            memory.keep(address, shelf, ids[path], got.mark)
    # The paths are those of a folder that will be gone.
    added.failed.clear()
    added.duplicates[:] = [(Path(places[path]), same) for path, same in added.duplicates]
    report.taken.append(added)
    memory.write()
