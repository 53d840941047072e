"""Where boxes and arrows go: a layered layout, as Sugiyama, Tagawa and Toda (1981) describe it.

Every box is on the layer above its highest consumer, arrows run downward; one that passes a layer
has a place of its own there. The order within layers comes from barycentres, the positions across
from least squares: each item as near to the mean of its neighbours as the others on its layer let
it. Leaves count for little: they make way, and what is computed stays in a line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import fmean
from typing import Final, TypeAlias

Arrow: TypeAlias = tuple[int, int]
Spot: TypeAlias = tuple[float, float]
Link: TypeAlias = tuple[int, int, float]  # from one layer to the next, and where it ends at a box

_SWEEPS: Final = 8
_ASIDE: Final = 24.0  # between neighbours on a layer
_BELOW: Final = 36.0  # between layers
_LEAF: Final = 0.05  # the weight of an item from above which nothing comes
_PASSING: Final = 8.0  # the width of an arrow that passes a layer
_PORT: Final = 16.0  # between the arrows at one box, at most


@dataclass(frozen=True, slots=True)
class Layout:
    """The middle of each box; for each arrow the spots that it runs through; the whole size."""

    centres: tuple[Spot, ...]
    routes: tuple[tuple[Spot, ...], ...]
    backward: frozenset[int]  # the arrows that close a cycle; they run upward
    width: float
    height: float


def layout(sizes: Sequence[Spot], arrows: Sequence[Arrow]) -> Layout:
    """Lay out boxes of these widths and heights, and the arrows between them."""
    backward = _closing(len(sizes), arrows)
    down = [(b, a) if k in backward else (a, b) for k, (a, b) in enumerate(arrows)]
    chains, layers, widths = _placed(sizes, down)
    links = list(_links(chains))
    layers = _ordered(layers, links)
    across = _across(layers, links, widths)
    tops, heights = _tops(layers, sizes)
    depth = {item: k for k, layer in enumerate(layers) for item in layer}
    centres = tuple((across[i], tops[depth[i]] + heights[depth[i]] / 2) for i in range(len(sizes)))
    starts, ends = _ports(chains, across, sizes)
    routes: list[tuple[Spot, ...]] = []
    for k, chain in enumerate(chains):
        first, *passed, last = chain
        begin = centres[first][0] + starts[k], centres[first][1] + sizes[first][1] / 2
        end = centres[last][0] + ends[k], centres[last][1] - sizes[last][1] / 2
        spots = [(across[p], tops[depth[p]] + part * heights[depth[p]])
                 for p in passed for part in (0.0, 1.0)]  # fmt: skip
        route = (begin, *spots, end)
        routes.append(route[::-1] if k in backward else route)
    width = max(across[i] + widths[i] / 2 for i in range(len(widths)))
    return Layout(centres, tuple(routes), backward, width, tops[-1] + heights[-1])


def _closing(count: int, arrows: Sequence[Arrow]) -> frozenset[int]:
    """The arrows that lead back to where a walk along the others comes from."""
    leaving: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for k, (a, b) in enumerate(arrows):
        leaving[a].append((k, b))
    state = [0] * count  # 1: on the way, 2: done
    closing: set[int] = set()
    for start in range(count):
        way = [(start, iter(leaving[start]))] if not state[start] else []
        state[start] = state[start] or 1
        while way:
            box, left = way[-1]
            k, other = next(left, (-1, box))
            if k < 0:
                state[box] = 2
                way.pop()
            elif state[other] == 1:
                closing.add(k)
            elif not state[other]:
                state[other] = 1
                way.append((other, iter(leaving[other])))
    return frozenset(closing)


def _heights(count: int, arrows: Sequence[Arrow]) -> list[int]:
    """How far above the lowest each box is: over all its consumers, beside none."""
    below: list[list[int]] = [[] for _ in range(count)]
    above: list[list[int]] = [[] for _ in range(count)]
    for a, b in arrows:
        below[a].append(b)
        above[b].append(a)
    left, heights = [len(b) for b in below], [0] * count
    ready = [i for i in range(count) if not left[i]]
    while ready:
        box = ready.pop()
        for other in above[box]:
            heights[other] = max(heights[other], heights[box] + 1)
            left[other] -= 1
            if not left[other]:
                ready.append(other)
    for i in range(count):  # an output that nobody uses hangs right below its call
        if above[i] and not below[i]:
            heights[i] = min(heights[a] for a in above[i]) - 1
    return heights


def _placed(
    sizes: Sequence[Spot], arrows: Sequence[Arrow]
) -> tuple[list[list[int]], list[list[int]], list[float]]:
    """Each arrow as the items that it joins, one a layer; the items of each layer; their widths."""
    heights = _heights(len(sizes), arrows)
    widths = [width for width, _ in sizes]
    layers: list[list[int]] = [[] for _ in range(max(heights) + 1)]
    for i, height in enumerate(heights):
        layers[-1 - height].append(i)
    chains: list[list[int]] = []
    for a, b in arrows:
        chain = [a]
        for height in range(heights[a] - 1, heights[b], -1):
            chain.append(len(widths))
            layers[-1 - height].append(len(widths))
            widths.append(_PASSING)
        chains.append([*chain, b])
    return chains, layers, widths


def _links(chains: list[list[int]]) -> Iterator[Link]:
    """The links of all chains; the last of each ends at its box in the order of the inputs."""
    ways = Counter(chain[-1] for chain in chains)
    ended: Counter[int] = Counter()
    for chain in chains:
        *passing, (a, b) = pairwise(chain)
        yield from ((c, d, 0.0) for c, d in passing)
        ended[b] += 1
        yield a, b, ended[b] / (ways[b] + 1) - 0.5


def _ordered(layers: list[list[int]], links: Sequence[Link]) -> list[list[int]]:
    """The layers in an order with few crossings, the best of some sweeps up and down."""
    best, fewest = layers, _crossings(layers, links)
    for sweep in range(_SWEEPS):
        layers = _swept(layers, links, down=sweep % 2 == 1)
        crossings = _crossings(layers, links)
        if crossings < fewest:
            best, fewest = layers, crossings
    return best


def _swept(layers: list[list[int]], links: Sequence[Link], *, down: bool) -> list[list[int]]:
    """Each layer ordered by the mean place of its neighbours on the layer passed before it."""
    beside = _neighbours(links, down=down)
    place: dict[int, float] = {}
    swept: list[list[int]] = []
    for layer in layers if down else reversed(layers):
        means = {
            item: fmean(place[other] + port for other, port in beside[item])
            if item in beside
            else float(k)
            for k, item in enumerate(layer)
        }
        swept.append(sorted(layer, key=means.__getitem__))
        place |= {item: float(k) for k, item in enumerate(swept[-1])}
    return swept if down else swept[::-1]


def _neighbours(links: Sequence[Link], *, down: bool) -> dict[int, list[tuple[int, float]]]:
    """The neighbours of each item on the layer above or below, and where the links end there."""
    found: dict[int, list[tuple[int, float]]] = {}
    for a, b, port in links:
        if down:
            found.setdefault(b, []).append((a, 0.0))
        else:
            found.setdefault(a, []).append((b, port))
    return found


def _crossings(layers: list[list[int]], links: Sequence[Link]) -> int:
    """How many pairs of links cross, the order of the inputs of a call counted too."""
    spot = {item: (k, n) for k, layer in enumerate(layers) for n, item in enumerate(layer)}
    between: list[list[Spot]] = [[] for _ in layers]
    for a, b, port in links:
        between[spot[a][0]].append((spot[a][1], spot[b][1] + port))
    pairs = (pair for gap in between for pair in combinations(gap, 2))
    return sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for a, b in pairs)


def _across(layers: list[list[int]], links: Sequence[Link], widths: Sequence[float]) -> list[float]:
    """The middle of each item, from left to right."""
    x = [0.0] * len(widths)
    above, below = (_neighbours(links, down=down) for down in (True, False))
    weights = [1.0 if item in above else _LEAF for item in range(len(widths))]
    for sweep in range(2 * _SWEEPS):
        down = sweep % 2 == 1
        beside = above if down else below
        for layer in layers if down else reversed(layers):
            wanted = [_mean(item, beside, x, weights) for item in layer]
            for item, spot in zip(layer, _apart(layer, wanted, widths, weights), strict=True):
                x[item] = spot
    left = min(spot - width / 2 for spot, width in zip(x, widths, strict=True))
    return [spot - left for spot in x]


def _mean(
    item: int,
    beside: dict[int, list[tuple[int, float]]],
    x: Sequence[float],
    weights: Sequence[float],
) -> float:
    """The mean of the neighbours of an item; where it is, if it has none."""
    others = [other for other, _ in beside.get(item, [(item, 0.0)])]
    return fmean([x[other] for other in others], [weights[other] for other in others])


def _apart(
    layer: list[int], wanted: list[float], widths: Sequence[float], weights: Sequence[float]
) -> list[float]:
    """The spots nearest to those wanted, in least squares, at which neighbours do not overlap.

    Less the room that is needed to their left, they need only not descend: neighbours that would
    share their mean.
    """
    room = [0.0]
    for a, b in pairwise(layer):
        room.append(room[-1] + (widths[a] + widths[b]) / 2 + _ASIDE)
    blocks: list[tuple[float, float, int]] = []  # the mean, the weight, and of how many
    for item, want, taken in zip(layer, wanted, room, strict=True):
        mean, weight, size = want - taken, weights[item], 1
        while blocks and blocks[-1][0] >= mean:
            other, more, others = blocks.pop()
            mean = (mean * weight + other * more) / (weight + more)
            weight, size = weight + more, size + others
        blocks.append((mean, weight, size))
    means = [mean for mean, _, size in blocks for _ in range(size)]
    return [mean + taken for mean, taken in zip(means, room, strict=True)]


def _tops(layers: list[list[int]], sizes: Sequence[Spot]) -> tuple[list[float], list[float]]:
    """Where each layer begins, and how high it is."""
    heights = [max(sizes[i][1] for i in layer if i < len(sizes)) for layer in layers]
    tops = [0.0]
    for height in heights[:-1]:
        tops.append(tops[-1] + height + _BELOW)
    return tops, heights


def _ports(
    chains: list[list[int]], across: Sequence[float], sizes: Sequence[Spot]
) -> tuple[list[float], list[float]]:
    """How far from the middle of its boxes each arrow begins and ends.

    At a call they end in the order of its inputs; they begin in that of where they go.
    """
    starts, ends = [0.0] * len(chains), [0.0] * len(chains)
    leaving: dict[int, list[int]] = {}
    reaching: dict[int, list[int]] = {}
    for k, chain in enumerate(chains):
        leaving.setdefault(chain[0], []).append(k)
        reaching.setdefault(chain[-1], []).append(k)
    for box, ks in leaving.items():
        ks.sort(key=lambda k: across[chains[k][1]])
        _spread(starts, ks, sizes[box][0])
    for box, ks in reaching.items():
        _spread(ends, ks, sizes[box][0])
    return starts, ends


def _spread(ports: list[float], ks: list[int], width: float) -> None:
    gap = min(_PORT, width / (len(ks) + 1))
    for n, k in enumerate(ks):
        ports[k] = (n - (len(ks) - 1) / 2) * gap
