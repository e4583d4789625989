package dev.cryo.uvm;

/**
 * What the process that serves the pages must know of the application's shadow memory. The numbers are file descriptors
 * of the application.
 *
 * @param memory the shared memory that holds the shadow pages
 * @param faults the userfaultfd; -1 where page faults cannot be had, and everything is copied eagerly
 * @param space the addresses in which regions can lie; a page's place in the shared memory is its distance from the
 *     space's begin
 * @param wholeRegions whether a fault is about the whole region that the page is of: {@link Policy#REGIONS}
 */
public record Handover(int memory, int faults, Span space, boolean wholeRegions) {}
