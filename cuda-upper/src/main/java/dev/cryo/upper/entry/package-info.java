/**
 * All that stands on the application's class path: the agent's first class, the way from rewritten classes to their
 * translations, and the provider of org.crac.
 *
 * <p>Everything else is loaded from the jars beside the agent's by a class loader of its own, an {@link
 * dev.cryo.upper.entry.IsolatedLoader}, which sees of the application's class path only this package. So nothing of
 * cryo
 * can clash with what the application brings.
 *
 * <p>Danger: {@link dev.cryo.upper.entry.Agent} is compiled for Java 8 and may use nothing newer.
 */
@NullMarked
package dev.cryo.upper.entry;

import org.jspecify.annotations.NullMarked;
