package dev.cryo.proxy.supervisor;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.cryo.streamlog.image.WriteOptions;

/**
 * How a job's images are written, and which are kept.
 *
 * @param writerThreads that work at an image beside the running job
 * @param compress whether blocks are compressed where that pays
 * @param keep how many images are kept; 0 for all
 */
public record ImageSettings(int writerThreads, boolean compress, int keep) {
    /** Two threads, compression, all kept. */
    public static final ImageSettings ORDINARY = new ImageSettings(2, true, 0);

    /** The part of them that concerns writers. */
    @JsonIgnore
    WriteOptions writing() {
        return new WriteOptions(writerThreads, compress);
    }
}
