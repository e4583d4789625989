package dev.cryo.proxy.supervisor;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.cryo.streamlog.image.WriteOptions;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a job's images are written, and which are kept.
 *
 * @param writerThreads that work at an image beside the running job
 * @param compress whether blocks are compressed where that pays
 * @param keep how many images are kept; 0 for all
 * @param store where they are brought beside the job's folder, as {@code s3://BUCKET/PREFIX}; null for nowhere
 * @param key where the key comes from that they are encrypted with; none if it is not told
 * @param sharesWith the name of the jobs among which a block is stored once; null for this job alone
 */
public record ImageSettings(
        int writerThreads,
        boolean compress,
        int keep,
        @Nullable String store,
        KeySource key,
        @Nullable String sharesWith) {
    /** Two threads, compression, all kept, in no store, not encrypted, not shared. */
    public static final ImageSettings ORDINARY = new ImageSettings(2, true, 0, null, KeySource.NONE, null);

    /** With no key where none is told. */
    @SuppressWarnings("NullAway") // A job of an earlier version tells none.
    public ImageSettings {
        key = key == null ? KeySource.NONE : key;
    }

    /** The same with another store. */
    ImageSettings with(@Nullable String newStore) {
        return new ImageSettings(writerThreads, compress, keep, newStore, key, sharesWith);
    }

    /** The same with another source of the key. */
    ImageSettings with(KeySource newKey) {
        return new ImageSettings(writerThreads, compress, keep, store, newKey, sharesWith);
    }

    /** The part of them that concerns writers; the key and the other jobs are the store's. */
    @JsonIgnore
    WriteOptions writing() {
        return new WriteOptions(writerThreads, compress, Optional.empty(), List.of());
    }
}
