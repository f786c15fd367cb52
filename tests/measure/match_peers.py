"""OR-Tools and SciPy on the published instances of `measure match`, to be run beside it on the same machine.

    pip install ortools==9.15.6755 scipy==1.17.1
    python tests/measure/match_peers.py [--repeat 21]

Prints one JSON object a line: the instance made from its seed as in sync-server/src/matching/reference.rs, the optimum
(which must equal ours) and the median milliseconds that the solver alone took; making its matrix is left out, as there.
"""

import argparse
import json
import math
import statistics
import time

import numpy as np
from ortools.graph.python import min_cost_flow
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

UNASSIGNED = 1_000_000
PUBLISHED = [(1_000, 1_000, 1), (200, 10_000, 2), (2_000, 500, 3)]
MASK = (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def unit(self):
        return (self.next() >> 11) * 2.0**-53


def arcs_of(n_tickets, n_experts, seed):
    draw = SplitMix64(seed)
    experts = []
    for _ in range(n_experts):
        lat, lon, skills = 40 + 2 * draw.unit(), -75 + 2 * draw.unit(), 0
        for _ in range(3):
            skills |= 1 << (draw.next() % 12)
        experts.append((lat, lon, skills, 20 + 60 * draw.unit(), draw.next() % 5, draw.next() % 100 < 80))
    cos = math.cos(math.radians(41.0))
    arcs = []
    for ticket in range(n_tickets):
        lat, lon = 40 + 2 * draw.unit(), -75 + 2 * draw.unit()
        need, due = 1 << (draw.next() % 12), draw.next() % 480
        for at, (e_lat, e_lon, skills, radius, load, available) in enumerate(experts):
            if not (need & skills and available):
                continue
            km = math.hypot((lat - e_lat) * 111.32, (lon - e_lon) * 111.32 * cos)
            if km > radius:
                continue
            travel = km / 40 * 60
            late = max(0.0, travel + 60 * load - due)
            arcs.append((ticket, at, round(10 * travel + 20 * late + 150 * load)))
    return arcs


def median_ms(prepare, solve, repeat):
    times, answer = [], None
    for _ in range(repeat):
        problem = prepare()
        began = time.perf_counter()
        answer = solve(problem)
        times.append((time.perf_counter() - began) * 1_000)
    return answer, statistics.median(times)


def or_tools(n_tickets, n_experts, arcs, capacity, repeat):
    """One flow: source to tickets, tickets to experts or to nobody, experts to the sink."""
    source, nobody, sink = n_tickets + n_experts, n_tickets + n_experts + 1, n_tickets + n_experts + 2
    rows = [(source, t, 1, 0) for t in range(n_tickets)]
    rows += [(t, n_tickets + e, 1, cost) for t, e, cost in arcs]
    rows += [(t, nobody, 1, UNASSIGNED) for t in range(n_tickets)]
    rows += [(n_tickets + e, sink, capacity, 0) for e in range(n_experts)] + [(nobody, sink, n_tickets, 0)]
    tails, heads, room, costs = (np.array(column) for column in zip(*rows))

    def prepare():
        flow = min_cost_flow.SimpleMinCostFlow()
        flow.add_arcs_with_capacity_and_unit_cost(tails, heads, room, costs)
        flow.set_node_supply(source, n_tickets)
        flow.set_node_supply(sink, -n_tickets)
        return flow

    def solve(flow):
        assert flow.solve() == flow.OPTIMAL
        return flow.optimal_cost()

    return median_ms(prepare, solve, repeat)


def columns_of(n_tickets, n_experts, arcs, capacity):
    """A column for each place of an expert, and one of its own for each ticket that stays."""
    width = n_experts * capacity
    wide = [(t, e * capacity + place, cost) for t, e, cost in arcs for place in range(capacity)]
    wide += [(t, width + t, UNASSIGNED) for t in range(n_tickets)]
    rows, columns, costs = (np.array(column) for column in zip(*wide))
    return rows, columns, costs, width + n_tickets


def scipy_sparse(n_tickets, n_experts, arcs, capacity, repeat):
    rows, columns, costs, width = columns_of(n_tickets, n_experts, arcs, capacity)
    # A weight of zero would be no edge: all are moved by one.
    matrix = csr_matrix((costs + 1, (rows, columns)), shape=(n_tickets, width))

    def solve(matrix):
        taken = min_weight_full_bipartite_matching(matrix)
        return int(np.asarray(matrix[taken]).sum()) - n_tickets

    return median_ms(lambda: matrix, solve, repeat)


def scipy_dense(n_tickets, n_experts, arcs, capacity, repeat):
    rows, columns, costs, width = columns_of(n_tickets, n_experts, arcs, capacity)
    # Beyond the tickets' own columns nothing is forbidden, only never worth its price.
    matrix = np.full((n_tickets, width), 1e12)
    matrix[rows, columns] = costs

    def solve(matrix):
        taken = linear_sum_assignment(matrix)
        return int(matrix[taken].sum())

    return median_ms(lambda: matrix, solve, repeat)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=21)
    repeat = parser.parse_args().repeat
    for n_tickets, n_experts, seed in PUBLISHED:
        arcs = arcs_of(n_tickets, n_experts, seed)
        for capacity in (1, 3):
            for solver in (or_tools, scipy_sparse, scipy_dense):
                n = repeat if solver is not scipy_dense else max(3, repeat // 7)
                cost, ms = solver(n_tickets, n_experts, arcs, capacity, n)
                line = {"what": "match", "solver": solver.__name__, "tickets": n_tickets, "experts": n_experts}
                line |= {"seed": seed, "capacity": capacity, "arcs": len(arcs), "cost": cost, "solve_ms": round(ms, 2)}
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
