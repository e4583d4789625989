package dev.cryo.lower;

import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.image.BlockBuffers;
import dev.cryo.streamlog.image.ImageKey;
import dev.cryo.streamlog.image.ImageKeys;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.SectionWriter;
import dev.cryo.streamlog.image.StoredMemory;
import dev.cryo.streamlog.image.WriteOptions;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Answers the supervisor's requests to a lower half: attach, drain, capture, persist, discard, restore. The same in a
 * proxy and in the application's process; how messages come and how the upper half's memory is reached is given.
 *
 * <p>A request that fails is answered by {@link ControlMessage.Failed} and leaves everything as it was; but a restore
 * that fails leaves a lower half without objects, and a capture is given up however its writing went. Where the JVM has
 * no memory or no thread for a request, that is thrown; but for the writing of an image, which then fails.
 *
 * <p>Thread-safe: requests may come from any thread, and while a capture is persisted the others are served.
 */
public final class LowerHalfSession implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");
    private static final String DEVICE_FILE = "device";

    private final LowerHalf lowerHalf;
    private final Attacher attacher;
    private final Optional<BlockBuffers> buffers;
    private @Nullable Attachment attachment;
    private @Nullable HeldCapture held;
    private boolean persisting;
    /** What was written of the device last, or loaded into it. */
    private Optional<Section> last = Optional.empty();
    /** An image whose page-locked contents wait for the upper half's memory. */
    private @Nullable ImageReader awaitingAttach;

    private volatile Consumer<String> onLost =
            why -> LOG.log(System.Logger.Level.ERROR, "contents of the device are lost: {0}", why);

    /** A session over a lower half, which stays the caller's to close after this. */
    public LowerHalfSession(LowerHalf lowerHalf, Attacher attacher) {
        this(lowerHalf, attacher, Optional.empty());
    }

    /** One that keeps memory from one image to the next, where this process is not saved itself; the caller's, too. */
    public LowerHalfSession(LowerHalf lowerHalf, Attacher attacher, BlockBuffers buffers) {
        this(lowerHalf, attacher, Optional.of(buffers));
    }

    private LowerHalfSession(LowerHalf lowerHalf, Attacher attacher, Optional<BlockBuffers> buffers) {
        this.lowerHalf = lowerHalf;
        this.attacher = attacher;
        this.buffers = buffers;
    }

    /**
     * Says who is told, by any thread, that contents which a restart has left in the image cannot be read. What needed
     * them fails when that returns: better it does not.
     */
    public void onContentsLost(Consumer<String> told) {
        onLost = told;
    }

    /** Reaches the upper half's shared memory. */
    @FunctionalInterface
    public interface Attacher {
        /**
         * Maps the memory and {@linkplain LowerHalf#attach attaches} the lower half to it.
         *
         * @param request where the memory is; in the application's own process without meaning
         * @throws IOException if it cannot be mapped; nothing is attached then
         */
        Attachment attach(ControlMessage.Attach request, LowerHalf lowerHalf) throws IOException;
    }

    /** The upper half's memory, in use. */
    @FunctionalInterface
    public interface Attachment {
        /** {@linkplain LowerHalf#detach Detaches} the lower half and gives the memory up. */
        void detach() throws IOException;
    }

    /** Answers a request, waiting as long as it takes. */
    public ControlMessage handle(ControlMessage request) {
        try {
            return switch (request) {
                case ControlMessage.Attach attach -> attach(attach);
                case ControlMessage.Drain drain -> drain(Duration.ofMillis(drain.timeoutMillis()));
                case ControlMessage.Capture capture -> capture(capture.pageLocked());
                case ControlMessage.Persist persist -> persist(persist);
                case ControlMessage.Discard discard -> discard();
                case ControlMessage.Restore restore -> restore(restore);
                // All that other parts of a job are asked, now and later.
                default -> failed(request, "no request to a lower half");
            };
        } catch (IOException | RuntimeException e) {
            return failed(request, e.getMessage() == null ? e.toString() : e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failed(request, "interrupted");
        }
    }

    private static ControlMessage failed(ControlMessage request, String why) {
        return new ControlMessage.Failed(request.getClass().getSimpleName() + ": " + why);
    }

    private synchronized ControlMessage attach(ControlMessage.Attach request) throws IOException {
        detach();
        attachment = attacher.attach(request, lowerHalf);
        ImageReader image = awaitingAttach;
        if (image != null) {
            List<LowerHalf.Range> live = lowerHalf.pageLocked();
            image.readMemory(Section.HOST_MEMORY, (address, contents) -> writePageLocked(live, address, contents));
            awaitingAttach = null;
            image.close();
        }
        return new ControlMessage.Done();
    }

    private static void writePageLocked(List<LowerHalf.Range> live, long address, MemorySegment contents)
            throws IOException {
        long bytes = contents.byteSize();
        if (live.stream().noneMatch(range -> address >= range.address()
                && address - range.address() <= range.bytes() - bytes)) {
            throw new IOException("the image has contents of page-locked memory at 0x" + Long.toHexString(address)
                    + " which its log does not have");
        }
        VirtualMemory.at(address, bytes).copyFrom(contents);
    }

    private void detach() throws IOException {
        Attachment old = attachment;
        attachment = null;
        if (old != null) {
            old.detach();
        }
    }

    private ControlMessage drain(Duration timeout) throws InterruptedException {
        String running = lowerHalf.drain(timeout);
        return running.isEmpty()
                ? new ControlMessage.Done()
                : new ControlMessage.Failed("the device still runs " + running + ", after "
                        + timeout.toMillis() + " ms of waiting");
    }

    private synchronized ControlMessage capture(boolean pageLocked) throws IOException, InterruptedException {
        if (held != null) {
            throw new IOException("a capture is held that was neither persisted nor discarded");
        }
        String running = lowerHalf.drain(Duration.ZERO);
        if (!running.isEmpty()) {
            throw new IOException("the device is not drained: " + running);
        }
        HeldCapture capture = HeldCapture.of(lowerHalf, pageLocked);
        if (!pageLocked) {
            // The host dump comes next and must find nobody else in the shared memory.
            try {
                detach();
            } catch (IOException e) {
                capture.close();
                throw e;
            }
        }
        held = capture;
        return new ControlMessage.Captured(capture.deviceBytes());
    }

    private ControlMessage persist(ControlMessage.Persist request) throws IOException {
        HeldCapture capture;
        synchronized (this) {
            if (persisting) {
                throw new IOException("the capture is being persisted already");
            }
            capture = held;
            if (capture == null) {
                throw new IOException("nothing is captured");
            }
            persisting = true;
        }
        WriteOptions options = new WriteOptions(
                request.threads(),
                request.compress(),
                ImageKey.ofTold(request.key()),
                request.peers().stream().map(Path::of).toList());
        try (SectionWriter writer = writer(Path.of(request.imageFolder()), options)) {
            capture.writeTo(writer, last);
            byte[] sections = writer.finish();
            last = Optional.of(writer.section(Section.DEVICE));
            capture.stored();
            return new ControlMessage.Persisted(sections);
        } catch (VirtualMachineError e) {
            // Such as for want of memory or threads: the image fails, and not the job. Nothing else is waited for here.
            throw new IOException("this process cannot write it: " + e, e);
        } finally {
            synchronized (this) {
                persisting = false;
                held = null;
                notifyAll();
                capture.close();
            }
        }
    }

    private SectionWriter writer(Path imageFolder, WriteOptions options) throws IOException {
        return buffers.isPresent()
                ? SectionWriter.create(imageFolder, DEVICE_FILE, options, buffers.get())
                : SectionWriter.create(imageFolder, DEVICE_FILE, options);
    }

    private synchronized ControlMessage discard() throws IOException {
        if (persisting) {
            throw new IOException("the capture is being persisted");
        }
        if (held != null) {
            HeldCapture capture = held;
            held = null;
            capture.close();
        }
        return new ControlMessage.Done();
    }

    private synchronized ControlMessage restore(ControlMessage.Restore request)
            throws IOException, InterruptedException {
        closeAwaiting();
        ImageKeys keys = ImageKeys.of(ImageKey.ofTold(request.key()));
        ImageReader image = ImageReader.open(Path.of(request.imageFolder()), keys);
        try {
            last = Optional.empty();
            Replay.of(image, lowerHalf, () -> request.deferred() && defer(image));
            last = image.find(Section.DEVICE);
            if (image.find(Section.HOST_MEMORY).isPresent()) {
                awaitingAttach = image;
            }
            return new ControlMessage.Done();
        } finally {
            if (awaitingAttach == null) {
                image.close();
            }
        }
    }

    private boolean defer(ImageReader image) throws IOException {
        StoredMemory contents = StoredMemory.of(image, Section.DEVICE);
        boolean taken = false;
        try {
            taken = lowerHalf.defer(contents, this::lost);
            return taken;
        } finally {
            if (!taken) {
                contents.close();
            }
        }
    }

    private void lost(IOException why) {
        String message = why.getMessage() == null ? why.toString() : why.getMessage();
        onLost.accept(message);
    }

    private void closeAwaiting() throws IOException {
        ImageReader image = awaitingAttach;
        awaitingAttach = null;
        if (image != null) {
            image.close();
        }
    }

    /** Gives up the attachment and what is captured, waiting for a capture that is being persisted. */
    @Override
    public void close() throws IOException {
        boolean interrupted = false;
        synchronized (this) {
            while (persisting) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            discard();
            closeAwaiting();
            detach();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
