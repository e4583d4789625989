package dev.cryo.lower.ptx.flow;

import dev.cryo.lower.ptx.PointerUse;
import dev.cryo.lower.ptx.PointerUse.Bases;
import dev.cryo.lower.ptx.ir.Expr;
import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.Instr.Space;
import dev.cryo.lower.ptx.ir.KernelIr;
import dev.cryo.lower.ptx.ir.Kind;
import dev.cryo.lower.ptx.ir.Reg;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what the addresses of a kernel may be computed from.
 *
 * <p>Each register has a set of sources: the 64-bit parameters that its value may come from, {@link #MEMORY} if it may
 * be a pointer that was loaded, {@link #MANAGED} if it may be the address of a managed variable, {@link #VARIABLE} if
 * that of another one, and {@link #HALF} if it may be half of one. A result has all sources of its operands, whatever
 * the order of execution, until nothing changes any more. Values of less than 64 bits that were loaded are indices and
 * no pointers, unless they are shifted to be the upper half of one: so an array that is indexed by another array's
 * elements does not widen what a kernel accesses.
 *
 * <p>A parameter is the <em>base</em> of an address if only sums and selections lead from it to there; in all other
 * ways (scaled, masked, combined bit by bit) it is an index, or a pointer in disguise. An address without any base may
 * be anything. {@link #SUM} tells of two bases that were added.
 *
 * <p>What is in shared and local memory is not followed: a pointer that was put there and comes back counts as one from
 * memory.
 */
public final class PointerAnalysis {
    private static final int MEMORY = 0;
    private static final int HALF = 1;
    private static final int MANAGED = 2;
    private static final int VARIABLE = 3;
    private static final int SUM = 4;
    private static final int FIRST_PARAMETER = 5;
    /** A parameter has two numbers: as a base, and mixed. */
    private static final int WAYS = 2;
    /** Indices are shifted by the size of an element, halves of pointers by 32. */
    private static final long LARGEST_SCALE = 24;

    private final BitSet[] sources;
    private final int parameterBytes;
    private final BitSet read = new BitSet();
    private final BitSet written = new BitSet();
    /** The bases of each kind of address, with {@link #SUM} if two may have been added. */
    private final Set<BitSet> readBases = new LinkedHashSet<>();

    private final Set<BitSet> writtenBases = new LinkedHashSet<>();
    private boolean changed;

    private PointerAnalysis(KernelIr kernel, Set<String> managed) {
        this.sources = new BitSet[kernel.registers().size()];
        this.parameterBytes = kernel.parameterBytes();
        for (int i = 0; i < sources.length; i++) {
            sources[i] = new BitSet();
        }
        kernel.symbols().forEach((name, register) -> {
            sources[register.index()].set(managed.contains(name) ? MANAGED : VARIABLE);
        });
    }

    /**
     * Analyses a kernel.
     *
     * @param managed the names of the managed variables of its module
     */
    public static PointerUse analyze(KernelIr kernel, Set<String> managed) {
        PointerAnalysis analysis = new PointerAnalysis(kernel, managed);
        do {
            analysis.changed = false;
            kernel.instructions().forEach(analysis::follow);
        } while (analysis.changed);
        kernel.instructions().forEach(analysis::access);
        return new PointerUse(
                parameters(analysis.read),
                parameters(analysis.written),
                analysis.read.get(MANAGED),
                analysis.written.get(MANAGED),
                analysis.read.get(MEMORY),
                analysis.written.get(MEMORY),
                bases(analysis.readBases),
                bases(analysis.writtenBases));
    }

    private static List<Integer> parameters(BitSet found) {
        return found.stream()
                .filter(source -> source >= FIRST_PARAMETER)
                .map(source -> (source - FIRST_PARAMETER) / WAYS * Long.BYTES)
                .distinct()
                .boxed()
                .toList();
    }

    private static List<Bases> bases(Set<BitSet> found) {
        return found.stream()
                .map(sources -> new Bases(parameters(sources), sources.get(SUM)))
                .toList();
    }

    private static boolean hasBase(BitSet sources) {
        return sources.stream().anyMatch(PointerAnalysis::isBase);
    }

    private static boolean isBase(int source) {
        return source >= FIRST_PARAMETER && (source - FIRST_PARAMETER) % WAYS == 0;
    }

    /** The same sources after anything but a sum or a selection. */
    private static BitSet mixed(BitSet sources) {
        BitSet mixed = new BitSet();
        sources.stream().forEach(source -> mixed.set(isBase(source) ? source + 1 : source));
        return mixed;
    }

    private void follow(Instr instr) {
        switch (instr) {
            case Instr.Compute compute -> add(compute.destination(), sourcesOf(compute.value()));
            case Instr.Load load -> {
                for (int e = 0; e < load.destinations().size(); e++) {
                    Reg destination = load.destinations().get(e);
                    if (destination != null) {
                        add(destination, loaded(load, load.address().offset() + (long) e * load.type().bytes()));
                    }
                }
            }
            case Instr.Atomic atomic -> {
                if (atomic.destination() != null) {
                    add(atomic.destination(), of(atomic.type().bits() == Long.SIZE ? MEMORY : HALF));
                }
            }
            // The lanes of a warp may hold different values, but they have the same sources.
            case Instr.Shuffle shuffle -> add(shuffle.destination(), sources[shuffle.value().index()]);
            case Instr.Redux redux -> add(redux.destination(), sources[redux.value().index()]);
            case Instr.Store i -> { }
            case Instr.Vote i -> { }
            case Instr.Match i -> { }
            case Instr.Elect i -> { }
            case Instr.Barrier i -> { }
            case Instr.WarpBarrier i -> { }
            case Instr.Branch i -> { }
            case Instr.Exit i -> { }
            case Instr.Trap i -> { }
        }
    }

    private BitSet loaded(Instr.Load load, long offset) {
        boolean whole = load.type().bits() == Long.SIZE;
        boolean known = load.space() == Space.PARAM && load.address().base() == null
                && offset % Long.BYTES == 0 && offset >= 0 && offset < parameterBytes;
        if (!whole) {
            return of(HALF);
        }
        return of(known ? FIRST_PARAMETER + WAYS * Math.toIntExact(offset / Long.BYTES) : MEMORY);
    }

    private BitSet sourcesOf(Expr value) {
        return switch (value) {
            case Expr.Read it -> sources[it.reg().index()];
            case Expr.Const it -> new BitSet();
            case Expr.Apply it -> {
                BitSet all = new BitSet();
                for (int i = 0; i < it.args().size(); i++) {
                    BitSet argument = sourcesOf(it.args().get(i));
                    BitSet kept = keepsBase(it, i) ? argument : mixed(argument);
                    if (it.prim().name().equals("ladd") && hasBase(all) && hasBase(kept)) {
                        all.set(SUM);
                    }
                    all.or(kept);
                }
                if (all.get(HALF) && it.kind() == Kind.L && joinsHalves(it)) {
                    all.set(MEMORY);
                }
                yield all;
            }
        };
    }

    private static boolean keepsBase(Expr.Apply apply, int argument) {
        return switch (apply.prim().name()) {
            case "ladd" -> true;
            case "lsub" -> argument == 0;
            case "sel64" -> argument > 0;
            default -> false;
        };
    }

    private static boolean joinsHalves(Expr.Apply apply) {
        String name = apply.prim().name();
        if (name.startsWith("bfi")) {
            return true;
        }
        if (!name.contains("shl")) {
            return false;
        }
        Expr amount = apply.args().getLast();
        return !(amount instanceof Expr.Const constant && constant.bits() >= 0 && constant.bits() < LARGEST_SCALE);
    }

    private static BitSet of(int source) {
        BitSet set = new BitSet();
        set.set(source);
        return set;
    }

    private void add(Reg register, BitSet more) {
        BitSet known = sources[register.index()];
        int before = known.cardinality();
        known.or(more);
        changed |= known.cardinality() != before;
    }

    private void access(Instr instr) {
        switch (instr) {
            case Instr.Load load -> access(load.space(), load.address().base(), read, readBases);
            case Instr.Store store -> access(store.space(), store.address().base(), written, writtenBases);
            case Instr.Atomic atomic -> {
                access(atomic.space(), atomic.address().base(), read, readBases);
                access(atomic.space(), atomic.address().base(), written, writtenBases);
            }
            default -> { }
        }
    }

    private void access(Space space, @Nullable Reg base, BitSet by, Set<BitSet> bases) {
        if (space != Space.GLOBAL && space != Space.GENERIC) {
            return;
        }
        BitSet found = base == null ? new BitSet() : sources[base.index()];
        by.or(found);
        if (found.get(MANAGED) || found.get(VARIABLE)) {
            return;
        }
        if (hasBase(found)) {
            BitSet kind = new BitSet();
            found.stream().filter(source -> source == SUM || isBase(source)).forEach(kind::set);
            bases.add(kind);
        } else if (space == Space.GLOBAL || !found.isEmpty()) {
            by.set(MEMORY); // Addresses of shared and local memory are computed from nothing at all.
        }
    }
}
