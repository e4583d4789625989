package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.flow.Block;
import dev.cryo.lower.ptx.flow.Flow;
import dev.cryo.lower.ptx.flow.Liveness;
import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.Instr.Space;
import dev.cryo.lower.ptx.ir.Kind;
import dev.cryo.lower.ptx.ir.KernelIr;
import dev.cryo.lower.ptx.ir.Reg;
import dev.cryo.lower.ptx.ir.SpecialReg;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Turns analysed control flow into steps: plans chunks, assigns registers, then makes one step of each item. */
final class ProgramBuilder {
    /** What becomes one step. */
    private sealed interface Item {
    }

    private record Computation(Chunk chunk) implements Item {
    }

    private record Single(Instr instr, Block block) implements Item {
    }

    private record Jump(Block target) implements Item {
    }

    private final Flow flow;
    private final KernelIr kernel;
    private final List<Item> items = new ArrayList<>();
    private final Map<Block, Integer> starts = new LinkedHashMap<>();
    private final RegisterRows rows;
    private int maxAccesses;

    ProgramBuilder(Flow flow) {
        this.flow = flow;
        this.kernel = flow.kernel();
        this.rows = new RegisterRows(flow);
    }

    Program build() {
        for (int b = 0; b < flow.blocks().size(); b++) {
            Block following = b + 1 < flow.blocks().size() ? flow.blocks().get(b + 1) : null;
            addItems(flow.blocks().get(b), following);
        }
        Places places = rows.assign();
        List<Step> steps = new ArrayList<>();
        for (int pc = 0; pc < items.size(); pc++) {
            steps.add(step(items.get(pc), places, pc + 1));
        }
        BitSet yields = new BitSet();
        starts.forEach((block, pc) -> yields.set(pc, block.yields() || yields.get(pc)));
        return new Program(kernel, steps, yields, specials(places), rows, maxAccesses);
    }

    private Specials specials(Places places) {
        Map<SpecialReg, Place> special = new LinkedHashMap<>();
        kernel.specials().forEach((name, reg) -> special.put(name, places.of(reg)));
        Map<String, Place> symbols = new LinkedHashMap<>();
        kernel.symbols().forEach((name, reg) -> symbols.put(name, places.of(reg)));
        return new Specials(special, symbols);
    }

    private void addItems(Block block, @Nullable Block following) {
        int start = items.size();
        starts.put(block, start);
        Map<Integer, BitSet> liveBefore = liveBeforeSingles(block);
        List<Instr> run = new ArrayList<>();
        for (int i = block.first(); i < block.end(); i++) {
            Instr instr = kernel.instructions().get(i);
            if (fits(instr)) {
                run.add(instr);
            } else {
                flush(run, liveBefore.getOrDefault(i, block.liveOut()));
                items.add(new Single(instr, block));
            }
        }
        flush(run, block.liveOut());
        // The last successor is the one that follows in the text; where it does not follow in the layout, jump there.
        Block next = fallThrough(block);
        if (next != null && next != following) {
            items.add(new Jump(next));
        }
        markLive(block, start);
    }

    /** What is live before each instruction that is not part of a chunk, by its index. */
    private Map<Integer, BitSet> liveBeforeSingles(Block block) {
        Map<Integer, BitSet> result = new HashMap<>();
        BitSet live = (BitSet) block.liveOut().clone();
        for (int i = block.end() - 1; i >= block.first(); i--) {
            Instr instr = kernel.instructions().get(i);
            Liveness.before(live, instr);
            if (!fits(instr)) {
                result.put(i, (BitSet) live.clone());
            }
        }
        return result;
    }

    private @Nullable Block fallThrough(Block block) {
        if (block.successors().isEmpty()) {
            return null;
        }
        Instr last = block.end() > block.first() ? kernel.instructions().get(block.end() - 1) : null;
        return last instanceof Instr.Branch branch && branch.guard() == null ? null : block.successors().getLast();
    }

    /** Whether an instruction can be part of a chunk. */
    private boolean fits(Instr instr) {
        return switch (instr) {
            case Instr.Compute compute -> true;
            case Instr.Load load -> load.guard() == null && !load.strong() && switch (load.space()) {
                case GLOBAL, SHARED, PARAM -> true;
                case LOCAL -> load.address().base() == null || flow.uniform(load.address().base());
                case GENERIC -> false;
            };
            default -> false;
        };
    }

    private void flush(List<Instr> run, BitSet liveAfter) {
        if (!run.isEmpty()) {
            for (Chunk chunk : ChunkPlanner.plan(List.copyOf(run), liveAfter, flow)) {
                items.add(new Computation(chunk));
                maxAccesses = Math.max(maxAccesses, chunk.accesses().size());
            }
            run.clear();
        }
    }

    /** Walks the items of a block backwards and notes which registers need a place where. */
    private void markLive(Block block, int start) {
        BitSet live = (BitSet) block.liveOut().clone();
        for (int at = items.size() - 1; at >= start; at--) {
            int step = at;
            live.stream().forEach(reg -> rows.occupy(reg, step));
            switch (items.get(at)) {
                case Computation computation -> {
                    computation.chunk().liveAfter((BitSet) live.clone());
                    List<Instr> operations = computation.chunk().operations();
                    for (int i = operations.size() - 1; i >= 0; i--) {
                        Liveness.before(live, operations.get(i));
                    }
                    occupyInside(computation.chunk(), step);
                }
                case Single single -> {
                    Liveness.before(live, single.instr());
                    single.instr().definitions().forEach(reg -> rows.occupy(reg.index(), step));
                }
                case Jump jump -> {
                    continue;
                }
            }
            live.stream().forEach(reg -> rows.occupy(reg, step));
        }
    }

    /** Registers inside a chunk that need a place although nothing outside reads them. */
    private void occupyInside(Chunk chunk, int step) {
        Map<Reg, Kind> kinds = new HashMap<>();
        for (Instr instr : chunk.operations()) {
            if (chunk.loads()) {
                // The chunk may have to be executed instruction by instruction.
                instr.definitions().forEach(reg -> rows.occupy(reg.index(), step));
            } else if (instr instanceof Instr.Compute compute) {
                compute.value().reads(read -> {
                    Kind kind = kinds.get(read.reg());
                    if (kind != null && kind != read.kind()) {
                        rows.occupy(read.reg().index(), step);
                    }
                });
                kinds.put(compute.destination(), compute.value().kind());
            }
        }
    }

    private Step step(Item item, Places places, int next) {
        return switch (item) {
            case Computation computation -> compute(computation.chunk(), places, next);
            case Single single -> single(single.instr(), single.block(), places, next);
            case Jump jump -> new ControlSteps.Jump(kernel.line(), "bra", start(jump.target()));
        };
    }

    private int start(Block block) {
        Integer pc = starts.get(block);
        if (pc == null) {
            throw new IllegalStateException("a branch into nowhere");
        }
        return pc;
    }

    private Step compute(Chunk chunk, Places places, int next) {
        List<Step> single = new ArrayList<>();
        if (chunk.loads()) {
            for (Instr instr : chunk.operations()) {
                Chunk alone = new Chunk(List.of(instr), flow);
                BitSet everything = new BitSet();
                everything.set(0, kernel.registers().size());
                alone.liveAfter(everything);
                single.add(instr instanceof Instr.Load ? single(instr, null, places, next)
                        : new ComputeStep(alone, places, List.of(), next));
            }
        }
        return new ComputeStep(chunk, places, single, next);
    }

    private Step single(Instr instr, @Nullable Block block, Places places, int next) {
        return switch (instr) {
            case Instr.Load i -> new LoadStep(i, places.of(i.guard()),
                    memory(i.space(), i.address(), i.bytes(), places),
                    nullable(i.destinations(), places), next);
            case Instr.Store i -> new StoreStep(i, places.of(i.guard()),
                    memory(i.space(), i.address(), i.bytes(), places),
                    i.sources().stream().map(places::of).toList(), next);
            case Instr.Atomic i -> new AtomicStep(i, places.of(i.guard()),
                    memory(i.space(), i.address(), i.type().bytes(), places), places.ofNullable(i.destination()),
                    places.ofNullable(i.compare()), places.of(i.value()), next);
            case Instr.Shuffle i -> new WarpSteps.Shuffle(i, places, next);
            case Instr.Vote i -> new WarpSteps.Vote(i, places, next);
            case Instr.Match i -> new WarpSteps.Match(i, places, next);
            case Instr.Elect i -> new WarpSteps.Elect(i, places, next);
            case Instr.Redux i -> new WarpSteps.Redux(i, places, next);
            case Instr.WarpBarrier i -> new WarpSteps.Barrier(i, places, next);
            case Instr.Barrier i -> new BarrierStep(i, places, next);
            case Instr.Branch i -> branch(i, Objects.requireNonNull(block), places, next);
            case Instr.Exit i -> new ControlSteps.Exit(i, places.of(i.guard()), next);
            case Instr.Trap i -> new ControlSteps.Trap(i, places.of(i.guard()), next);
            case Instr.Compute i -> throw new IllegalStateException("a computation outside a chunk");
        };
    }

    private Step branch(Instr.Branch branch, Block block, Places places, int next) {
        GuardPlace guard = places.of(branch.guard());
        int target = start(block.successors().getFirst());
        return guard == null ? new ControlSteps.Jump(branch.line(), branch.opcode(), target)
                : new ControlSteps.Branch(branch, guard, target, next);
    }

    private static List<@Nullable Place> nullable(List<@Nullable Reg> registers, Places places) {
        List<@Nullable Place> result = new ArrayList<>();
        for (Reg reg : registers) {
            result.add(places.ofNullable(reg));
        }
        return result;
    }

    private static MemoryOperand memory(Space space, Instr.Address address, int bytes, Places places) {
        return new MemoryOperand(space, places.ofNullable(address.base()), address.offset(), bytes);
    }
}
