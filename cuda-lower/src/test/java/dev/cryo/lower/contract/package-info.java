/**
 * What every device has to do, as tests that are the same for all: a {@link dev.cryo.lower.contract.TestBed} says which
 * device, the classes whose names end with Contract what is expected of it.
 */
@NullMarked
package dev.cryo.lower.contract;

import org.jspecify.annotations.NullMarked;
