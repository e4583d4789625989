package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.KernelFault;

/** One unit of execution of a group of lanes. Immutable and shared by all threads that run the kernel. */
abstract class Step {
    /** Returned by {@link #run}: the group has ended. */
    static final int ENDED = -1;
    /** Returned by {@link #run}: the group waits. */
    static final int WAITS = -2;

    private final int line;
    private final String opcode;

    Step(int line, String opcode) {
        this.line = line;
        this.opcode = opcode;
    }

    /** The line of the text. */
    final int line() {
        return line;
    }

    final String opcode() {
        return opcode;
    }

    /**
     * Executes this for all lanes of the group.
     *
     * @return the position of the next step, or what became of the group
     */
    abstract int run(Frame frame, Group group) throws KernelFault;
}
