package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.KernelFault;
import dev.cryo.lower.ptx.ir.Instr.Space;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs a chunk. Its loads are checked together before; when that check does not hold, the chunk is executed instruction
 * by instruction instead, which finds the lane at fault (or that there is none).
 */
final class ComputeStep extends Step {
    private final Chunk chunk;
    private final Places places;
    private final AccessCheck[] checks;
    private final List<Step> single;
    private final int next;
    private final boolean rowsPossible;
    private volatile @Nullable Code list;
    private volatile @Nullable Code range;
    private volatile @Nullable Code rows;

    ComputeStep(Chunk chunk, Places places, List<Step> single, int next) {
        super(chunk.operations().getFirst().line(), chunk.operations().getFirst().opcode());
        this.chunk = chunk;
        this.places = places;
        this.single = single;
        this.next = next;
        this.checks = chunk.accesses().stream().map(access -> AccessCheck.of(access, places))
                .toArray(AccessCheck[]::new);
        boolean possible = false;
        for (AccessCheck check : checks) {
            possible |= check.varies() && check.space() != Space.LOCAL;
        }
        this.rowsPossible = possible;
    }

    @Override
    int run(Frame frame, Group group) throws KernelFault {
        boolean consecutive = rowsPossible && group.isRange();
        for (AccessCheck check : checks) {
            int found = check.check(frame, group);
            if (found == AccessCheck.BAD) {
                return runSingly(frame, group);
            }
            consecutive &= found == AccessCheck.ROWS;
        }
        if (!group.isRange()) {
            list().run(frame, group.list(), 0, group.count());
        } else if (consecutive) {
            rows().run(frame, group.list(), group.from(), group.to());
        } else {
            range().run(frame, group.list(), group.from(), group.to());
        }
        return next;
    }

    private int runSingly(Frame frame, Group group) throws KernelFault {
        for (Step step : single) {
            step.run(frame, group);
        }
        return next;
    }

    /** The class that would be generated. */
    byte[] generate(ChunkCompiler.Form form) {
        return ChunkCompiler.generate(chunk, places, form);
    }

    private Code list() {
        Code code = list;
        if (code == null) {
            code = ChunkCompiler.compile(chunk, places, ChunkCompiler.Form.LIST);
            list = code;
        }
        return code;
    }

    private Code range() {
        Code code = range;
        if (code == null) {
            code = ChunkCompiler.compile(chunk, places, ChunkCompiler.Form.RANGE);
            range = code;
        }
        return code;
    }

    private Code rows() {
        Code code = rows;
        if (code == null) {
            code = ChunkCompiler.compile(chunk, places, ChunkCompiler.Form.ROWS);
            rows = code;
        }
        return code;
    }
}
