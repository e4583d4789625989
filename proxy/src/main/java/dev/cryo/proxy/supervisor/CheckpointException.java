package dev.cryo.proxy.supervisor;

/** Thrown when a checkpoint failed; the message says at what step and why. */
public abstract sealed class CheckpointException extends Exception {
    private static final long serialVersionUID = 1;

    /** What became of the application, and what the caller can do. */
    public enum Category {
        /** The application runs on; the same request may succeed later. */
        RETRYABLE,
        /** The application runs on; the request will fail again until something else is changed. */
        ABORTED_KEEPS_RUNNING,
        /** The application could not be brought to run on. */
        FATAL
    }

    CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }

    /** What became of the application. */
    public abstract Category category();

    /** The application did not come to rest in time, or was not there to be asked. */
    public static final class NotAtRest extends CheckpointException {
        private static final long serialVersionUID = 1;

        NotAtRest(String message, Throwable cause) {
            super(message, cause);
        }

        @Override
        public Category category() {
            return Category.RETRYABLE;
        }
    }

    /** The state could not be captured, or the image not be written. */
    public static final class NotSaved extends CheckpointException {
        private static final long serialVersionUID = 1;

        NotSaved(String message, Throwable cause) {
            super(message, cause);
        }

        @Override
        public Category category() {
            return Category.ABORTED_KEEPS_RUNNING;
        }
    }

    /** The application did not go on after its checkpoint. */
    public static final class NotReleased extends CheckpointException {
        private static final long serialVersionUID = 1;

        NotReleased(String message, Throwable cause) {
            super(message, cause);
        }

        @Override
        public Category category() {
            return Category.FATAL;
        }
    }
}
