/** What measurements have in common: figures by name, time that may be used up, and jobs that hold device memory. */
@NullMarked
package dev.cryo.benchmarks.bench.measure;

import org.jspecify.annotations.NullMarked;
