/**
 * The host state of an application: its process, saved and brought back by CRIU.
 *
 * <p>An application that is to be checkpointed runs in a process and a time namespace of its own, in a session of its
 * own, with named pipes for its standard streams ({@link dev.cryo.proxy.host.StandardStreams}). That makes its process
 * tree closed: nothing in it refers to what is outside, so that one image can be restored any number of times, with
 * the process ids, clocks and pipes that the application knew.
 *
 * <pre>{@code
 *     Criu criu = Criu.usable(System.getenv());
 *     HostState host = new HostState(criu);
 *     try (StandardStreams streams = StandardStreams.create(jobFolder)) {
 *         ApplicationProcess application = ApplicationProcess.start(command, streams);
 *         host.dump(application, streams, DumpRequest.into(imageFolder, workFolder));     // it runs on
 *         application.kill();
 *     }
 *     HostImage image = HostImage.read(imageFolder);
 *     image.requireRestorable();                                       // says what is missing before anything starts
 *     try (StandardStreams streams = StandardStreams.create(image.streamsFolder())) {
 *         ApplicationProcess application = host.restore(image, workFolder, timeout).application();
 *     }
 * }</pre>
 *
 * <p>Of an image that is stored in blocks, most memory can be brought while the application runs
 * ({@link dev.cryo.proxy.host.LazyPages}).
 *
 * <p>What CRIU cannot save is refused by name before the dump, with the remedy
 * ({@link dev.cryo.proxy.host.HostStateException}); a dump that fails leaves the application running. An image that
 * cannot be restored here (a processor with fewer instructions, a file that is gone) is refused before anything starts.
 *
 * <p>What is not rolled back: the content of files inside their old length, and of files that the application had
 * closed. What an application writes to a file behind the checkpoint's length is cut off at the restart and kept beside
 * it.
 *
 * <p>An image is code: restoring it runs what it contains. Whoever can change an image's folder can run anything as
 * the user who restores it.
 */
@NullMarked
package dev.cryo.proxy.host;

import org.jspecify.annotations.NullMarked;
