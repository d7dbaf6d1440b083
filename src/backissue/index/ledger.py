"""The ledger: what ingestion asks of an index, instead of keeping it in memory."""

from collections import Counter
from collections.abc import Iterable, Mapping

from backissue.index.storage import LOOSE_TAG, Snapshot, guarded
from backissue.records import numbering, slug_of


class Ledger:
    """Which drafts of which sources one state of an index has, and in which issues.

    Every method raises IndexUnusableError if a file turns out to be damaged.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def knows(self, state: str) -> bool:
        """Whether a draft of this state, `source.digest`, is in the index: it need not be read."""
        with guarded():
            return bool(self._snapshot.tagged(f"state:{state}"))

    def states(self) -> frozenset[str]:
        """Every state that is known."""
        with guarded():
            return frozenset(
                tag.removeprefix("state:")
                for segment in self._snapshot.segments
                for tag, _ in segment.tags("state:")
            )

    def has(self, key: str) -> bool:
        """Whether there is an issue of this key."""
        with guarded():
            return bool(self._snapshot.tagged(f"key:{key}"))

    def of_number(self, place: str, number: int, volume: int | None) -> frozenset[str]:
        """The keys of the issues that may be of the same number: of a publication (its short name).

        Those with this number and volume, those whose volume no copy says, and if `volume` is None
        those of every volume.
        """
        keys = {f"{place}/{number}", f"{place}/{numbering(number, volume)}"}
        tags = {f"{tag}:{key.casefold()}" for key in keys for tag in ("at", "as")}
        if volume is None:
            tags.add(f"in:{place}/{number}")
        with guarded():
            found = self._snapshot.tagged_issues(tags)
        return frozenset(key for key in found if slug_of(key) == place)

    def spellings(self, key: str) -> Mapping[str, int]:
        """How a publication, by its key, is spelled, and how many issues have each spelling."""
        with guarded():
            found = self._snapshot.tags(f"named:{key}/")
        return {tag.removeprefix("named:"): count for tag, count in found.items()}

    def spelled(self, spellings: Iterable[str]) -> frozenset[str]:
        """The keys of the issues that have one of these spellings of their publication."""
        return frozenset(self._snapshot.tagged_issues(f"named:{one}" for one in spellings))

    def holding(self, sources: Iterable[str]) -> frozenset[str]:
        """The keys of the issues that have a draft of one of these sources, named by sha256."""
        return frozenset(self._snapshot.tagged_issues(f"source:{source}" for source in sources))

    def sharing(self, fingerprints: Iterable[int], *, loose: bool = False) -> Mapping[str, int]:
        """The keys of the issues that have some of these fingerprints, and how many of them.

        With `loose` only of the issues made of a draft that may move to another.
        """
        found = Counter(
            self._snapshot.tagged_issues(f"print:{number:x}" for number in fingerprints)
        )
        if not loose:
            return found
        movable = self._snapshot.tagged_issues([LOOSE_TAG]) if found else ()
        return {key: found[key] for key in movable if key in found}

    def forget(self) -> None:
        """Let the system take back the memory of what was read, until it is read again."""
        self._snapshot.forget()
