/** Applications that tests run in JVMs of their own. They know JCuda and org.crac, not cryo. */
@NullMarked
package dev.cryo.upper.apps;

import org.jspecify.annotations.NullMarked;
