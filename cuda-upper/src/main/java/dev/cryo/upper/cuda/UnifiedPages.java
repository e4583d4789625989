package dev.cryo.upper.cuda;

import java.io.IOException;

/** The application's own view of unified memory. */
public interface UnifiedPages {
    /** Host and device share their pages: the lower half is in this process. */
    UnifiedPages SHARED = new UnifiedPages() {
        @Override
        public void map(long address, long bytes) {
            // The lower half maps them.
        }

        @Override
        public void unmap(long address, long bytes) {
            // The lower half unmaps them.
        }

        @Override
        public void open() {
            // There is nothing to keep in step.
        }
    };

    /**
     * Maps whole pages.
     *
     * @throws IOException if something else lies there
     */
    void map(long address, long bytes) throws IOException;

    /** Unmaps them. */
    void unmap(long address, long bytes) throws IOException;

    /**
     * Makes the lower half know these pages, unless it does.
     *
     * @throws IOException if it cannot have them
     */
    void open() throws IOException;
}
