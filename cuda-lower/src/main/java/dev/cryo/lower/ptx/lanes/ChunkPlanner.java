package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.flow.Flow;
import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.Reg;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    /** HotSpot stops vectorising at about 20 operations. */
    private static final int VECTOR_COST = 16;
    private static final int SCALAR_COST = 96;
    /** Operations for each load from which vectorising them pays for storing what was loaded. */
    private static final int OPERATIONS_PER_LOAD = 4;

    private final Flow flow;
    private final Map<Reg, Integer> definedAt = new HashMap<>();
    private final Map<Reg, Integer> usedAt = new HashMap<>();
    private final TreeMap<Integer, List<Instr>> levels = new TreeMap<>();
    private final boolean fuse;

    private ChunkPlanner(List<Instr> run, Flow flow) {
        this.flow = flow;
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

    static List<Chunk> plan(List<Instr> run, Flow flow) {
        ChunkPlanner planner = new ChunkPlanner(run, flow);
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
        int limit = (level & 1) == 0 ? VECTOR_COST : SCALAR_COST;
        List<Instr> current = new ArrayList<>();
        int cost = 0;
        for (Instr instr : operations) {
            int more = instr instanceof Instr.Compute compute && varies(compute)
                    ? Math.max(1, compute.value().cost()) : 1;
            if (cost + more > limit && !current.isEmpty()) {
                chunks.add(new Chunk(current, flow));
                current = new ArrayList<>();
                cost = 0;
            }
            current.add(instr);
            cost += more;
        }
        chunks.add(new Chunk(current, flow));
    }
}
