/**
 * The checkpoint image: a folder of section files and a manifest that names them and holds their checksums.
 *
 * <p>A store holds the images of one job, numbered from 1, no number used twice. One process begins an image and
 * commits it; others may write sections into its folder and send the descriptions back:
 *
 * <pre>{@code
 * try (ImageWriter image = store.begin()) {                          // supervisor
 *     ... send Persist(image.folder()), receive Persisted ...
 *     image.add(persisted.sections());
 *     try (SectionWriter host = image.sections("host")) {
 *         host.bytes(Section.LOG, log);
 *         host.file("host/pages-1.img", dump.resolve("pages-1.img"));
 *         image.add(host.finish());
 *     }
 *     image.commit(job);
 * }
 *
 * try (SectionWriter device = SectionWriter.create(folder, "device")) {          // proxy
 *     device.memory(Section.DEVICE, capture.ranges(), capture::read);
 *     device.record(Section.DEVICE_STATE, capture.state());
 *     return new Persisted(device.finish());
 * }
 * }</pre>
 *
 * <p>Guarantee: an image is complete or it is not there. Section files, the manifest and their folder are synced before
 * the folder is renamed from {@code K.partial} to {@code K}, which is the commit point. What a crash leaves behind is
 * never listed and removed by {@link dev.cryo.streamlog.image.ImageStore#cleanLeftovers}.
 *
 * <p>An image is data from outside. Reading a damaged, hostile, newer or older one gives an {@link
 * dev.cryo.streamlog.image.ImageException}, which has three forms, and allocates no more than the bytes that are there.
 * No path in an image leads out of its folder. docs/image-format.md has the layout.
 *
 * <p>Danger: the encoding of {@link dev.cryo.streamlog.image.Manifest} and of the records in it is the format. A change
 * of a component is a new format version.
 */
@NullMarked
package dev.cryo.streamlog.image;

import org.jspecify.annotations.NullMarked;
