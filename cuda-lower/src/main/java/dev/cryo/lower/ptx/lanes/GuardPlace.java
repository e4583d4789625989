package dev.cryo.lower.ptx.lanes;

/** The condition of a step. */
record GuardPlace(Place place, boolean negated) {
}
