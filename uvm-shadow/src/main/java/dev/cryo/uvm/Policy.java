package dev.cryo.uvm;

/** What is copied between host and device at a time. */
public enum Policy {
    /** The pages that are used, as faults tell of them. */
    PAGES,
    /**
     * The whole region that a page is used of, as CRUM does (Garg et al., "CRUM: Checkpoint-Restart Support for CUDA's
     * Unified Memory", 2018): a yardstick.
     */
    REGIONS,
    /** Everything that work may use before it and after it, without page faults. */
    EAGER
}
