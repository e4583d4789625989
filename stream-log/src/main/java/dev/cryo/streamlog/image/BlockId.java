package dev.cryo.streamlog.image;

import com.dynatrace.hash4j.hashing.HashStream128;
import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

    private static final Hasher128 XXH3 = Hashing.xxh3_128();

    /**
     * What is hashed at a time, as an array of its own: where a JVM has just begun, accesses to a memory segment are
     * slower by 20 times than those to an array, until 20 MiB are hashed.
     */
    private static final int CHUNK_BYTES = 16 << 10;

    /** The id of the first {@code length} bytes of some memory, at least one. */
    static BlockId of(MemorySegment memory, int length) {
        HashStream128 stream = XXH3.hashStream();
        byte[] chunk = new byte[Math.min(length, CHUNK_BYTES)];
        for (int at = 0; at < length; at += chunk.length) {
            int bytes = Math.min(chunk.length, length - at);
            MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at, chunk, 0, bytes);
            stream.putBytes(chunk, 0, bytes);
        }
        HashValue128 hash = stream.get();
        return new BlockId(hash.getMostSignificantBits(), hash.getLeastSignificantBits());
    }

    /** The id that such memory has in a store that is encrypted with a key, or not. */
    static BlockId of(MemorySegment memory, int length, Optional<ImageKey> key) {
        BlockId hash = of(memory, length);
        return key.map(names -> names.name(hash)).orElse(hash);
    }

    /** As a record's own, which is linked at its first use only and slow until it is compiled: maps are full of ids. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof BlockId id && high == id.high && low == id.low;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(high);
    }

    @Override
    public String toString() {
        return "%016x%016x".formatted(high, low);
    }
}
