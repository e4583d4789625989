/**
 * A job's images in an object store, behind the folder that they are committed to first.
 *
 * <pre>
 * s3://BUCKET/PREFIX/JOB/
 *     store                       written by whoever begins to keep images there
 *     images/7/manifest           image 7 is there when this is: created, never replaced
 *     images/7/ID.packs           which packs the image of that id needs, and their lengths
 *     images/packs/SHA-256.pack   blocks; named by contents, so never replaced by something else either
 * </pre>
 *
 * <p>{@link RemoteImages} knows this layout; {@link ImageUpload} and {@link ImageFetch} bring an image there and
 * back. {@link Bucket} is what they need of a store; its implementation is loaded only where it is asked for.
 * docs/notes/s3.md tells why it is safe.
 */
@NullMarked
package dev.cryo.proxy.store;

import org.jspecify.annotations.NullMarked;
