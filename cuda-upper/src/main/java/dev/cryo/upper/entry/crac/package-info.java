/**
 * The provider of {@code org.crac}: what its {@code Core} looks for in the package that {@code -Dorg.crac.Core.Compat}
 * names, by these names and signatures. Applications use {@code org.crac}, not this.
 */
@NullMarked
package dev.cryo.upper.entry.crac;

import org.jspecify.annotations.NullMarked;
