/** What makes the JVMs of cryo start quickly, prepared once after a build. */
@NullMarked
package dev.cryo.benchmarks.starts;

import org.jspecify.annotations.NullMarked;
