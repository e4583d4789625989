/**
 * Starts the upper half in the application's JVM and rewrites JCuda's classes as they load.
 *
 * <p>A rewritten class's native methods get bodies of one {@code invokedynamic}, which {@link
 * dev.cryo.upper.agent.Bindings} links to a translation or, where there is none, to a refusal that names the function.
 * Nothing else of the class changes but that it loads no library.
 */
@NullMarked
package dev.cryo.upper.agent;

import org.jspecify.annotations.NullMarked;
