package dev.cryo.streamlog.image;

import java.util.List;

/**
 * What an image is and what it holds.
 *
 * @param number of the image in its store, from 1
 * @param createdMillis when it was committed, in milliseconds since 1970
 */
public record Manifest(JobInfo job, long number, long createdMillis, List<Section> sections) {
    static final String FILE = "manifest";

    /** With a copy of the list. */
    public Manifest {
        sections = List.copyOf(sections);
    }
}
