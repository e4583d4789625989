package dev.cryo.lower.contract;

/** What is lost when a kernel fails while it runs. */
public enum FaultReach {
    /** Its context: others go on, and new ones can be made. */
    CONTEXT,
    /** Its device: all contexts answer the error, also new ones; another device of the same process can be used. */
    DEVICE,
    /** All of its process: no device of it can be used any more. */
    PROCESS
}
