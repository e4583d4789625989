/**
 * OpenGL record, prune and replay. Not reached yet: OpenGL calls are not intercepted.
 */
@NullMarked
package dev.cryo.opengl;

import org.jspecify.annotations.NullMarked;
