package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.flow.Flow;
import dev.cryo.lower.ptx.ir.Reg;
import dev.cryo.lower.ptx.ir.SpecialReg;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Assigns places to registers. Registers over lanes share a row when their spans of steps do not touch; lanes of
 * different groups may be in different spans, which is harmless because every lane has its own element. Uniform
 * registers have no elements of their own for lanes, so each has its own scalar.
 */
final class RegisterRows {
    private final Flow flow;
    private final int[] first;
    private final int[] last;
    private final @Nullable Place[] places;
    private int intRows;
    private int longRows;
    private int uniformInts;
    private int uniformLongs;

    RegisterRows(Flow flow) {
        this.flow = flow;
        int count = flow.kernel().registers().size();
        this.first = new int[count];
        this.last = new int[count];
        this.places = new Place[count];
        Arrays.fill(first, Integer.MAX_VALUE);
        Arrays.fill(last, -1);
    }

    /** The register must have a place at this step. */
    void occupy(int register, int step) {
        first[register] = Math.min(first[register], step);
        last[register] = Math.max(last[register], step);
    }

    Places assign() {
        for (Map.Entry<SpecialReg, Reg> special : flow.kernel().specials().entrySet()) {
            Reg reg = special.getValue();
            places[reg.index()] = special.getKey().varying() ? new Place(false, false, intRows++) : scalar(reg);
        }
        flow.kernel().symbols().values().forEach(reg -> places[reg.index()] = scalar(reg));
        List<Reg> narrow = new ArrayList<>();
        List<Reg> wide = new ArrayList<>();
        for (Reg reg : flow.kernel().registers()) {
            if (last[reg.index()] >= 0 && places[reg.index()] == null) {
                if (flow.uniform(reg)) {
                    places[reg.index()] = scalar(reg);
                } else {
                    (reg.wide() ? wide : narrow).add(reg);
                }
            }
        }
        intRows = share(narrow, false, intRows);
        longRows = share(wide, true, longRows);
        return new Places(places);
    }

    private Place scalar(Reg reg) {
        return new Place(true, reg.wide(), reg.wide() ? uniformLongs++ : uniformInts++);
    }

    private int share(List<Reg> registers, boolean wide, int start) {
        int next = start;
        registers.sort(Comparator.comparingInt(reg -> first[reg.index()]));
        record Busy(int until, int row) {
        }
        PriorityQueue<Busy> busy = new PriorityQueue<>(Comparator.comparingInt(Busy::until));
        for (Reg reg : registers) {
            Busy oldest = busy.peek();
            int row;
            if (oldest != null && oldest.until < first[reg.index()]) {
                busy.remove();
                row = oldest.row;
            } else {
                row = next++;
            }
            busy.add(new Busy(last[reg.index()], row));
            places[reg.index()] = new Place(false, wide, row);
        }
        return next;
    }

    int intRows() {
        return intRows;
    }

    int longRows() {
        return longRows;
    }

    int uniformInts() {
        return uniformInts;
    }

    int uniformLongs() {
        return uniformLongs;
    }
}
