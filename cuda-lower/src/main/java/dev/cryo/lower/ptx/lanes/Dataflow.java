package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.flow.Flow;
import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.Reg;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which instruction of a straight run reads what which other one computes, as far as it concerns values over lanes. */
final class Dataflow {
    private final Map<Instr, List<Instr>> producers = new IdentityHashMap<>();
    private final Map<Instr, List<Instr>> consumers = new IdentityHashMap<>();
    private final Map<Instr, Set<Reg>> outside = new IdentityHashMap<>();
    private final Set<Instr> escaping = instructions();

    /** Two instructions that do the same are two. */
    private static Set<Instr> instructions() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    Dataflow(List<Instr> run, BitSet liveAfter, Flow flow) {
        Map<Reg, Instr> last = new HashMap<>();
        for (Instr instr : run) {
            instr.uses(reg -> {
                if (!flow.uniform(reg)) {
                    Instr producer = last.get(reg);
                    if (producer == null) {
                        outside.computeIfAbsent(instr, k -> new HashSet<>()).add(reg);
                    } else {
                        producers.computeIfAbsent(instr, k -> new ArrayList<>()).add(producer);
                        consumers.computeIfAbsent(producer, k -> new ArrayList<>()).add(instr);
                    }
                }
            });
            instr.definitions().forEach(reg -> last.put(reg, instr));
        }
        last.forEach((reg, instr) -> {
            if (liveAfter.get(reg.index()) && !flow.uniform(reg)) {
                escaping.add(instr);
            }
        });
    }

    /** The number of rows that a loop of these instructions reads and writes. */
    int rows(Set<Instr> loop) {
        Set<Reg> read = new HashSet<>();
        Set<Instr> from = instructions();
        int written = 0;
        for (Instr instr : loop) {
            read.addAll(outside.getOrDefault(instr, Set.of()));
            for (Instr producer : producers.getOrDefault(instr, List.of())) {
                if (!loop.contains(producer)) {
                    from.add(producer);
                }
            }
            if (crosses(instr, loop)) {
                written++;
            }
        }
        return read.size() + from.size() + written;
    }

    /** The number of values that leave a loop of these instructions. */
    int leaving(Set<Instr> loop) {
        return (int) loop.stream().filter(instr -> crosses(instr, loop)).count();
    }

    private boolean crosses(Instr instr, Set<Instr> loop) {
        return escaping.contains(instr)
                || consumers.getOrDefault(instr, List.of()).stream().anyMatch(c -> !loop.contains(c));
    }
}
