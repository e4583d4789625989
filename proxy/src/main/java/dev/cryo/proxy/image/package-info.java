/** What images need beside the JDK: {@link dev.cryo.proxy.image.Zstandard}. */
@NullMarked
package dev.cryo.proxy.image;

import org.jspecify.annotations.NullMarked;
