"""Files of a repository so that what a file imports stands before it (DeepSeek-Coder, Guo et al. 2024, algorithm 1).

Files that are connected by imports stand together. Within such a group, the file with the fewest imports that
are still to come is next, ties by path: without a cycle that is a topological order, and a cycle is broken at
the same place each time. Groups stand in the order of their first path; without imports, files are in path order.
"""

import heapq
import posixpath
from collections.abc import Sequence

from mixer.formats.imports import RepositoryPaths
from mixer.formats.repository import RepositoryFile


def dependency_order(files: Sequence[RepositoryFile]) -> list[RepositoryFile]:
    """`files`, each once, in dependency order; the same whatever order they come in."""
    ordered = sorted(files, key=lambda file: (file.path, file.text))
    imports = _imports(ordered)
    groups = _groups(imports)
    return [ordered[index] for group in groups for index in _group_order(group, imports)]


def _imports(files: list[RepositoryFile]) -> list[set[int]]:
    """For each of `files` the indices of the others that it imports."""
    paths = [posixpath.normpath(file.path) for file in files]
    repository = RepositoryPaths(paths)
    return [
        repository.imported_by(path, file.text) - {index}
        for index, (path, file) in enumerate(zip(paths, files, strict=True))
    ]


def _groups(imports: list[set[int]]) -> list[list[int]]:
    """The connected components, each ascending, in the order of their first member."""
    neighbours: list[list[int]] = [list(found) for found in imports]
    for index, found in enumerate(imports):
        for imported in found:
            neighbours[imported].append(index)
    groups = []
    seen: set[int] = set()
    for start in range(len(imports)):
        if start in seen:
            continue
        seen.add(start)
        group = [start]
        for member in group:  # grows while it is walked
            new = set(neighbours[member]) - seen
            seen |= new
            group.extend(new)
        groups.append(sorted(group))
    return groups


def _group_order(group: list[int], imports: list[set[int]]) -> list[int]:
    """`group` so that imports come first; the heap keeps outdated entries, which are skipped."""
    importers: dict[int, list[int]] = {index: [] for index in group}
    missing = {index: len(imports[index]) for index in group}
    for index in group:
        for imported in imports[index]:
            importers[imported].append(index)
    heap = [(missing[index], index) for index in group]
    heapq.heapify(heap)
    order = []
    while heap:
        count, index = heapq.heappop(heap)
        if missing.get(index) != count:
            continue
        del missing[index]
        order.append(index)
        for importer in importers[index]:
            if importer in missing:
                missing[importer] -= 1
                heapq.heappush(heap, (missing[importer], importer))
    return order
