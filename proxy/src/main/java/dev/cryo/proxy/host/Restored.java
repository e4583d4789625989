package dev.cryo.proxy.host;

import java.nio.file.Path;
import java.util.List;

/**
 * A restored application.
 *
 * @param application the running application
 * @param cut the files that hold what the application had written after its checkpoint and that was cut off, each
 *     beside the file it was cut from
 */
public record Restored(ApplicationProcess application, List<Path> cut) {
    /** Copies the list. */
    public Restored {
        cut = List.copyOf(cut);
    }
}
