/** A device that stands for the lower half in tests: a child JVM that serves the test JVM's unified memory. */
@NullMarked
package dev.cryo.uvm.model;

import org.jspecify.annotations.NullMarked;
