package dev.cryo.proxy.supervisor;

/**
 * How a run of a job ended.
 *
 * @param code the exit status of the application, by the shell's convention
 * @param kind why it ended
 */
record Ending(int code, Kind kind) {
    /** Why a run ends. */
    enum Kind {
        /** The application ended by itself. */
        EXITED,
        /** The application was killed, and not by the supervisor. */
        KILLED,
        /** The lower half was lost. */
        LOWER_HALF_LOST,
        /** Contents of memory could not be read from the image that the run came from. */
        CONTENTS_LOST,
        /** Somebody asked for the end of the job. */
        ASKED
    }

    /** Whether the job should come back, if it may. */
    boolean isFailure() {
        return kind == Kind.KILLED || kind == Kind.LOWER_HALF_LOST || kind == Kind.CONTENTS_LOST;
    }
}
