package dev.cryo.s3;

import dev.cryo.proxy.store.Bucket.FileRange;
import java.io.IOException;
import java.io.Serial;
import software.amazon.awssdk.core.sync.RequestBody;

/** A part of a file as what a request sends: opened anew whenever the SDK sends it again. */
final class FileBody {
    private FileBody() {}

    static RequestBody of(FileRange range) {
        return RequestBody.fromContentProvider(
                () -> {
                    try {
                        return new RangeStream(range);
                    } catch (IOException e) {
                        throw new ReadFailure(e);
                    }
                },
                range.bytes(),
                "application/octet-stream");
    }

    /** The file could not be opened; what the store has to do with it is nothing. */
    static final class ReadFailure extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1;

        private final IOException failure;

        ReadFailure(IOException failure) {
            super(failure);
            this.failure = failure;
        }

        @Override
        public synchronized IOException getCause() {
            return failure;
        }
    }
}
