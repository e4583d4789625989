package dev.cryo.streamlog.image;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What was written of memory earlier, and what is known to be unchanged since.
 *
 * @param section of an earlier image of the same store, committed or not
 * @param unchanged tells of a part of memory whether it is as it was then
 */
public record Earlier(Optional<Section> section, Unchanged unchanged) {
    /** Nothing was. */
    public static final Earlier NOTHING = new Earlier(Optional.empty(), (address, bytes) -> false);

    /** Tells what is unchanged; asked by the thread that writes. */
    @FunctionalInterface
    public interface Unchanged {
        /** Whether all of a part of memory is. */
        boolean is(long address, long bytes);
    }

    /** The names of the blocks of memory that need not be read. */
    BlockPipeline.Names names(MemoryWindows now, Predicate<BlockId> stored) {
        if (section.isEmpty()) {
            return block -> null;
        }
        MemoryWindows then = new MemoryWindows(section.get().ranges());
        List<BlockId> ids = section.get().blocks();
        Map<Long, Integer> blocks = new HashMap<>();
        for (int i = 0; i < ids.size(); i++) {
            blocks.put(then.pieces(i).getFirst().address() / ImageFormat.BLOCK_BYTES, i);
        }
        return block -> {
            List<MemoryWindows.Piece> pieces = now.pieces(block);
            Integer earlier = blocks.get(pieces.getFirst().address() / ImageFormat.BLOCK_BYTES);
            if (earlier == null || !isUnchanged(then.pieces(earlier), pieces)) {
                return null;
            }
            BlockId id = ids.get(earlier);
            return id.equals(BlockId.ZERO) || stored.test(id) ? id : null;
        };
    }

    /** Whether a block has the same memory in it as then, and that is as it was. Each block of each image is asked. */
    private boolean isUnchanged(List<MemoryWindows.Piece> then, List<MemoryWindows.Piece> now) {
        if (then.size() != now.size()) {
            return false;
        }
        for (int i = 0; i < now.size(); i++) {
            MemoryWindows.Piece piece = now.get(i);
            if (!piece.isAt(then.get(i)) || !unchanged.is(piece.address(), piece.bytes())) {
                return false;
            }
        }
        return true;
    }
}
