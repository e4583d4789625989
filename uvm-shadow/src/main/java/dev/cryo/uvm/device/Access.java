package dev.cryo.uvm.device;

/**
 * What a piece of device work may do to unified memory.
 *
 * @param stream the stream in whose order it runs
 * @param reads what it may read; what it writes need not be repeated here
 * @param writes what it may write
 */
public record Access(long stream, Reach reads, Reach writes) {}
