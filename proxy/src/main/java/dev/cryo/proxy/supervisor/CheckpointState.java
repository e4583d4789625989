package dev.cryo.proxy.supervisor;

/**
 * How far one checkpoint is.
 *
 * <pre>
 *   RUNNING --gate--> GATED --drain--> DRAINED --capture--> CAPTURED --release--> RELEASED --commit--> COMMITTED
 *      |                |                 |                   |  |                    |
 *      |                |                 |                   |  +--commit--> HELD    |
 *      +----------------+-----------------+----abort----------+-----------------------+--> ABORTED
 * </pre>
 *
 * <p>Invariants:
 * <ol>
 *   <li>in GATED, DRAINED, CAPTURED and HELD the application stands still; in all others it runs;
 *   <li>whatever fails before COMMITTED or HELD leads to ABORTED: the application runs, there is no image;
 *   <li>in COMMITTED and HELD there is a complete image;
 *   <li>HELD is for a job that ends with this checkpoint: its application is not let go again.
 * </ol>
 *
 * <table>
 *   <caption>Transitions</caption>
 *   <tr><th>from</th><th>step</th><th>to</th><th>done by</th></tr>
 *   <tr><td>RUNNING</td><td>GATE</td><td>GATED</td><td>{@link Stages#gate}</td></tr>
 *   <tr><td>GATED</td><td>DRAIN</td><td>DRAINED</td><td>{@link Stages#drain}</td></tr>
 *   <tr><td>DRAINED</td><td>CAPTURE</td><td>CAPTURED</td><td>{@link Stages#capture}</td></tr>
 *   <tr><td>CAPTURED</td><td>RELEASE</td><td>RELEASED</td><td>{@link Stages#release}</td></tr>
 *   <tr><td>RELEASED</td><td>COMMIT</td><td>COMMITTED</td><td>{@link Stages#persist}</td></tr>
 *   <tr><td>CAPTURED</td><td>COMMIT</td><td>HELD</td><td>{@link Stages#persist}</td></tr>
 *   <tr><td>RUNNING, GATED, DRAINED, CAPTURED, RELEASED</td><td>ABORT</td><td>ABORTED</td>
 *       <td>{@link Stages#undo}</td></tr>
 * </table>
 */
enum CheckpointState {
    RUNNING,
    GATED,
    DRAINED,
    CAPTURED,
    RELEASED,
    COMMITTED,
    HELD,
    ABORTED;

    /** What moves a checkpoint on. */
    enum Step {
        GATE,
        DRAIN,
        CAPTURE,
        RELEASE,
        COMMIT,
        ABORT
    }

    /**
     * The state after a step.
     *
     * @throws IllegalStateException if the step is not one of this state's
     */
    CheckpointState advance(Step step) {
        return switch (this) {
            case RUNNING -> step == Step.GATE ? GATED : aborted(step);
            case GATED -> step == Step.DRAIN ? DRAINED : aborted(step);
            case DRAINED -> step == Step.CAPTURE ? CAPTURED : aborted(step);
            case CAPTURED -> switch (step) {
                case RELEASE -> RELEASED;
                case COMMIT -> HELD;
                case GATE, DRAIN, CAPTURE, ABORT -> aborted(step);
            };
            case RELEASED -> step == Step.COMMIT ? COMMITTED : aborted(step);
            case COMMITTED, HELD, ABORTED -> throw illegal(step);
        };
    }

    /** Whether the application stands still. */
    boolean standsStill() {
        return switch (this) {
            case GATED, DRAINED, CAPTURED, HELD -> true;
            case RUNNING, RELEASED, COMMITTED, ABORTED -> false;
        };
    }

    private CheckpointState aborted(Step step) {
        if (step == Step.ABORT) {
            return ABORTED;
        }
        throw illegal(step);
    }

    private IllegalStateException illegal(Step step) {
        return new IllegalStateException("a checkpoint that is " + this + " cannot " + step);
    }
}
