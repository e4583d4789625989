package dev.cryo.proxy.host;

import dev.cryo.streamlog.image.StoredFiles;
import dev.cryo.streamlog.linux.DescriptorSocket;
import dev.cryo.streamlog.linux.DescriptorSocket.Received;
import dev.cryo.streamlog.linux.EventDescriptor;
import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.MissingPages;
import dev.cryo.streamlog.linux.Readiness;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Brings the memory of a restored application from its image: each page when it is touched, and the rest beside it. In
 * the place of CRIU's own daemon for that ({@code criu lazy-pages}), which would need the image unpacked: CRIU connects
 * to {@value #SOCKET} in its working folder and hands over a userfaultfd for each process.
 *
 * <p>One thread of this process serves it all. While pages are missing this process and a {@link
 * dev.cryo.streamlog.linux.Guard} of each process's pages hold them.
 */
public final class LazyPages implements AutoCloseable {
    /** What CRIU connects to. */
    static final String SOCKET = "lazy-pages.socket";

    private static final int FINISHED = 0x52535446; // CRIU's LAZY_PAGES_RESTORE_FINISHED

    private final PagesImage image;
    private final StoredFiles files;
    private final Path pidFile;
    private final Listener listener;
    private final DescriptorSocket listening;
    private final EventDescriptor bell;
    private final Thread thread;
    private final List<LazyMemory> memories = new ArrayList<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final long start = System.nanoTime();
    private final Beside beside;
    private @Nullable DescriptorSocket criu;
    private boolean restored;
    private volatile boolean closed;

    /** Is told how it went, by the thread that serves. */
    public interface Listener {
        /** All memory is there. */
        void complete(long nanos);

        /** Memory cannot be read; the application must not go on, and waits until it is killed. */
        void lost(String why);
    }

    /** What is done while nobody waits. */
    enum Beside {
        NOTHING,
        BRING_THE_REST
    }

    private LazyPages(HostImage image, StoredFiles files, Path workFolder, Listener listener, Beside beside)
            throws IOException {
        this.beside = beside;
        this.image = PagesImage.read(image.folder(), StoredFiles.BLOCK_BYTES);
        this.files = files;
        this.pidFile = HostState.pidFile(workFolder);
        this.listener = listener;
        Path socket = workFolder.toAbsolutePath().resolve(SOCKET);
        Files.createDirectories(workFolder);
        Files.deleteIfExists(socket);
        this.listening = DescriptorSocket.listen(socket);
        this.bell = EventDescriptor.open();
        this.thread = Thread.ofPlatform().daemon().name("cryo-host-pages").unstarted(this::run);
    }

    /**
     * Begins to serve; then CRIU can restore.
     *
     * @param image without the blocks that are left to this
     * @param files the same, whole; belongs to this from now
     */
    public static LazyPages begin(HostImage image, StoredFiles files, Path workFolder, Listener listener)
            throws IOException {
        return begin(image, files, workFolder, listener, Beside.BRING_THE_REST);
    }

    static LazyPages begin(HostImage image, StoredFiles files, Path workFolder, Listener listener, Beside beside)
            throws IOException {
        try {
            LazyPages pages = new LazyPages(image, files, workFolder, listener, beside);
            pages.thread.start();
            return pages;
        } catch (IOException | RuntimeException e) {
            files.close();
            throw e;
        }
    }

    /** Waits until all pages are there, or cannot be; false if that took too long. */
    public boolean await(Duration limit) throws InterruptedException {
        return ended.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void run() {
        boolean complete = false;
        try {
            serve();
            complete = isComplete();
        } catch (IOException | RuntimeException | Error e) {
            listener.lost(e instanceof IOException ? String.valueOf(e.getMessage()) : e.toString());
            ended.countDown();
            endHalfRestored();
            awaitClose();
        } finally {
            release();
            if (complete) {
                listener.complete(System.nanoTime() - start);
            }
            ended.countDown();
        }
    }

    private boolean isComplete() {
        return restored && memories.stream().allMatch(LazyMemory::isComplete);
    }

    private void serve() throws IOException {
        while (!closed && !isComplete()) {
            boolean[] ready = Readiness.await(bell, isIdle() ? -1 : 0, descriptors());
            if (ready[0]) {
                hearCriu();
            }
            List<LazyMemory> forked = new ArrayList<>();
            for (LazyMemory memory : memories) {
                forked.addAll(memory.readEvents());
            }
            memories.addAll(forked);
            for (LazyMemory memory : memories) {
                memory.serve();
            }
            if (bringsTheRest() && !isAwaited()) {
                Optional<LazyMemory> next = memories.stream().filter(memory -> !memory.isComplete()).findFirst();
                if (next.isPresent()) {
                    next.get().fillNext();
                }
            }
        }
    }

    private boolean isIdle() {
        return !bringsTheRest() && !isAwaited();
    }

    private boolean bringsTheRest() {
        return restored && beside == Beside.BRING_THE_REST;
    }

    private boolean isAwaited() {
        return memories.stream().anyMatch(LazyMemory::isAwaited);
    }

    private int[] descriptors() {
        int[] descriptors = new int[memories.size() + 1];
        DescriptorSocket connected = criu;
        descriptors[0] = restored ? -1 : connected == null ? listening.descriptor() : connected.descriptor();
        for (int i = 0; i < memories.size(); i++) {
            descriptors[i + 1] = memories.get(i).descriptor();
        }
        return descriptors;
    }

    /** CRIU tells of each process its id and, with a byte more, its userfaultfd; in the end a number of its own. */
    private void hearCriu() throws IOException {
        DescriptorSocket connected = criu;
        if (connected == null) {
            criu = listening.accept();
            return;
        }
        Received word = connected.receive(Integer.BYTES);
        int number = word.bytes().length < Integer.BYTES
                ? 0
                : ByteBuffer.wrap(word.bytes()).order(ByteOrder.LITTLE_ENDIAN).getInt();
        if (number == FINISHED) {
            memories.forEach(LazyMemory::restored);
            restored = true;
        } else if (number == 0) {
            closed = true; // The restore has failed, and says so itself.
        } else if (number > 0) { // Others are processes that had ended and were not waited for.
            MissingPages missing = new MissingPages(connected.receive(1).descriptor()
                    .orElseThrow(() -> new IOException("CRIU has sent no descriptor for process " + number)));
            AbsentPages absent = new AbsentPages(
                    image.processes().getOrDefault(number, List.of()), StoredFiles.BLOCK_BYTES);
            memories.add(new LazyMemory(missing, absent, files, pidFile));
        }
    }

    /** CRIU would wait for a process that waits for a page; that one's end has it fail. */
    private void endHalfRestored() {
        try {
            if (!restored && Files.exists(pidFile)) {
                Posix.kill(Integer.parseInt(Files.readString(pidFile).strip()), SignalNumbers.SIGKILL);
            }
        } catch (IOException | NumberFormatException e) {
            listener.lost("the restore could not be ended: " + e.getMessage());
        }
    }

    private void awaitClose() {
        try {
            while (!closed) {
                boolean[] unused = Readiness.await(bell, -1);
            }
        } catch (LinuxException e) {
            throw new IllegalStateException("waiting for the application's end", e);
        }
    }

    private void release() {
        try (files) {
            for (LazyMemory memory : memories) {
                memory.close();
            }
            memories.clear();
            DescriptorSocket connected = criu;
            if (connected != null) {
                connected.close();
            }
            listening.close();
        } catch (IOException e) {
            throw new IllegalStateException("giving up restored memory", e);
        }
    }

    /** Lets go, which the application must not live to see unless all its pages are there. */
    @Override
    public void close() throws IOException {
        closed = true;
        bell.ring();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
