package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.flow.Flow;
import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.Reg;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Divides a straight run of computations and loads into chunks.
 *
 * <p>Every operation gets a level. Even levels hold what HotSpot vectorises, odd levels what it does not: gathers,
 * and operations with branches or calls. A load comes at a later level than the computation of its address, so that
 * addresses are checked before the chunk runs. Few operations on what was gathered stay with the gathers; many become
 * chunks of their own, which vectorise.
 */
final class ChunkPlanner {
    /** HotSpot stops vectorising at about 28 operations, counting rows that are read or written. */
    private static final int VECTOR_COST = 26;
    private static final int SCALAR_COST = 96;
    /** Operations for each load from which vectorising them pays for storing what was loaded. */
    private static final int OPERATIONS_PER_LOAD = 4;

    private final Flow flow;
    private final Map<Reg, Integer> definedAt = new HashMap<>();
    private final Map<Reg, Integer> usedAt = new HashMap<>();
    private final TreeMap<Integer, List<Instr>> levels = new TreeMap<>();
    private final Dataflow data;
    private final boolean fuse;

    private ChunkPlanner(List<Instr> run, BitSet liveAfter, Flow flow) {
        this.flow = flow;
        this.data = new Dataflow(run, liveAfter, flow);
        int loads = 0;
        int cost = 0;
        for (Instr instr : run) {
            switch (instr) {
                case Instr.Load load -> loads += varies(load) ? load.destinations().size() : 0;
                case Instr.Compute compute -> cost += varies(compute) ? compute.value().cost() : 0;
                default -> throw new IllegalArgumentException("not part of a chunk: " + instr);
            }
        }
        this.fuse = cost <= OPERATIONS_PER_LOAD * loads;
    }

    /**
     * Plans a run.
     *
     * @param liveAfter the registers that are read after the run
     */
    static List<Chunk> plan(List<Instr> run, BitSet liveAfter, Flow flow) {
        ChunkPlanner planner = new ChunkPlanner(run, liveAfter, flow);
        for (Instr instr : run) {
            planner.place(instr);
        }
        List<Chunk> chunks = new ArrayList<>();
        planner.levels.forEach((level, operations) -> planner.cut(level, operations, chunks));
        return chunks;
    }

    private boolean varies(Instr instr) {
        return instr.definitions().stream().anyMatch(reg -> !flow.uniform(reg));
    }

    private void place(Instr instr) {
        int[] level = {0};
        instr.uses(reg -> level[0] = Math.max(level[0], definedAt.getOrDefault(reg, 0)));
        for (Reg reg : instr.definitions()) {
            level[0] = Math.max(level[0], Math.max(definedAt.getOrDefault(reg, 0), usedAt.getOrDefault(reg, 0)));
        }
        int at = switch (instr) {
            case Instr.Load load -> {
                Reg base = load.address().base();
                Integer defined = base == null ? null : definedAt.get(base);
                int earliest = defined == null ? level[0] : Math.max(level[0], defined + 1);
                yield earliest | 1;
            }
            case Instr.Compute compute -> {
                if (!varies(compute) || fuse && (level[0] & 1) == 1) {
                    yield level[0];
                }
                boolean vector = compute.value().vectorizes();
                yield vector == ((level[0] & 1) == 0) ? level[0] : level[0] + 1;
            }
            default -> throw new IllegalArgumentException("not part of a chunk: " + instr);
        };
        instr.uses(reg -> usedAt.merge(reg, at, Math::max));
        instr.definitions().forEach(reg -> definedAt.put(reg, at));
        levels.computeIfAbsent(at, k -> new ArrayList<>()).add(instr);
    }

    private void cut(int level, List<Instr> operations, List<Chunk> chunks) {
        boolean vector = (level & 1) == 0;
        int start = 0;
        while (start < operations.size()) {
            int end = vector ? vectorEnd(operations, start) : scalarEnd(operations, start);
            chunks.add(new Chunk(List.copyOf(operations.subList(start, end)), flow));
            start = end;
        }
    }

    /**
     * Where a loop that begins at {@code start} ends best: it is as long as HotSpot vectorises, but its last third
     * is given to the next loop when fewer values have to pass from one to the other then.
     */
    private int vectorEnd(List<Instr> operations, int start) {
        Set<Instr> loop = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Integer> leaving = new ArrayList<>();
        int cost = 0;
        int end = start;
        while (end < operations.size()) {
            Instr instr = operations.get(end);
            cost += cost(instr);
            loop.add(instr);
            if (end > start && cost + data.rows(loop) > VECTOR_COST) {
                break;
            }
            leaving.add(data.leaving(loop));
            end++;
        }
        if (end == operations.size()) {
            return end;
        }
        int best = end;
        for (int e = end - 1; e > start + (end - start) * 2 / 3; e--) {
            if (leaving.get(e - start - 1) < leaving.get(best - start - 1)) {
                best = e;
            }
        }
        return best;
    }

    private int scalarEnd(List<Instr> operations, int start) {
        int cost = 0;
        int end = start;
        while (end < operations.size() && (end == start || cost + cost(operations.get(end)) <= SCALAR_COST)) {
            cost += cost(operations.get(end++));
        }
        return end;
    }

    private int cost(Instr instr) {
        return switch (instr) {
            case Instr.Compute compute when varies(compute) -> compute.value().cost();
            case Instr.Load load -> load.destinations().size();
            default -> 1;
        };
    }
}
