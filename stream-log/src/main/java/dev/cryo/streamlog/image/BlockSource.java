package dev.cryo.streamlog.image;

import java.io.IOException;

/** What holds the blocks of an image. Thread-safe until it is closed. */
interface BlockSource extends AutoCloseable {
    /**
     * Finds a block that is not {@link BlockId#ZERO}.
     *
     * @throws ImageException if it is not there, with the reason where that is known
     */
    StoredBlock find(BlockId id) throws ImageException;

    @Override
    void close() throws IOException;
}
