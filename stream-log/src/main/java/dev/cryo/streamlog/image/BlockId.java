package dev.cryo.streamlog.image;

import com.dynatrace.hash4j.hashing.ByteAccess;
import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * What a block is known by: the 128 bits of XXH3 over its bytes, without the zero pages at its end.
 *
 * <p>XXH3 (Yann Collet's, by hash4j) is no cryptographic hash: who wants to can make two blocks of one id. Blocks are
 * only ever looked up among those of the same job, which can harm nothing but its own images by that. In an encrypted
 * store the hash is encrypted, too.
 */
public record BlockId(long high, long low) {
    /** A block of zeros alone, which is not stored. */
    static final BlockId ZERO = new BlockId(0, 0);

    private static final int REHEARSALS = 14;
    private static final Hasher128 XXH3 = Hashing.xxh3_128();
    private static final ByteAccess<MemorySegment> BYTES = new ByteAccess<>() {
        @Override
        public byte getByte(MemorySegment data, long at) {
            return data.get(ValueLayout.JAVA_BYTE, at);
        }

        @Override
        public int getInt(MemorySegment data, long at) {
            return data.get(ValueLayout.JAVA_INT_UNALIGNED, at);
        }

        @Override
        public long getLong(MemorySegment data, long at) {
            return data.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
        }
    };

    /**
     * Has the JVM compile the hash on another thread, beside whatever a process begins with: before, a block takes 20
     * times as long, until 20 MiB are hashed.
     */
    static void rehearse() {
        Thread.ofPlatform().name("cryo-rehearsal").daemon().start(() -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment block = arena.allocate(ImageFormat.BLOCK_BYTES);
                for (int i = 0; i < REHEARSALS; i++) {
                    BlockId unused = of(block.fill((byte) i), ImageFormat.BLOCK_BYTES);
                }
            }
        });
    }

    /** The id of the first {@code length} bytes of some memory, at least one. */
    static BlockId of(MemorySegment memory, int length) {
        HashValue128 hash = XXH3.hashBytesTo128Bits(memory, 0, length, BYTES);
        return new BlockId(hash.getMostSignificantBits(), hash.getLeastSignificantBits());
    }

    /** The id that such memory has in a store that is encrypted with a key, or not. */
    static BlockId of(MemorySegment memory, int length, Optional<ImageKey> key) {
        BlockId hash = of(memory, length);
        return key.map(names -> names.name(hash)).orElse(hash);
    }

    @Override
    public String toString() {
        return "%016x%016x".formatted(high, low);
    }
}
