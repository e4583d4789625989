/**
 * The call vocabulary.
 */
@NullMarked
package dev.cryo.streamlog.call;

import org.jspecify.annotations.NullMarked;
