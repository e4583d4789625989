package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.store.RemoteImages;
import dev.cryo.proxy.store.StoreException;
import dev.cryo.streamlog.image.ImageException;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.linux.Priority;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Brings a job's images to a store, one after the other, the newest first, by a thread of a low priority that the job
 * never waits for. What the store has of images before this supervisor is asked once; what it lacks is brought there.
 *
 * <p>A store that cannot be reached is asked again and again, at growing intervals; what it said stands in the job's
 * status. Another writer's image under the same number ends the mirror: it uploads nothing any more. Thread-safe.
 */
final class Mirror implements AutoCloseable {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final RemoteImages remote;
    private final ImageStore local;
    private final int keep;
    private final Messages messages;
    private final StatusBoard status;
    private final Thread thread;
    private volatile long underWay;

    /** What the store has; null until it was asked. */
    private @Nullable TreeSet<Long> there;

    /** Images that could not be carried when it was tried last, and why; guarded, as all that follows, by this. */
    private Map<Long, String> unfit = Map.of();

    private @Nullable String problem;
    private boolean conflict;
    private boolean asked;
    private boolean givenUp;
    private boolean closed;

    /**
     * A mirror that has not {@linkplain #start begun}.
     *
     * @param remote is closed with it
     * @param keep how many images are kept there; 0 for all
     */
    Mirror(RemoteImages remote, ImageStore local, int keep, Messages messages, StatusBoard status) {
        this.remote = remote;
        this.local = local;
        this.keep = keep;
        this.messages = messages;
        this.status = status;
        this.thread = Thread.ofPlatform().name("cryo-mirror").daemon().unstarted(this::run);
    }

    void start() {
        wake();
        thread.start();
    }

    /** Tells that there is a new image. */
    void wake() {
        synchronized (this) {
            asked = true;
            notifyAll();
        }
        showPending();
    }

    /** The image that is being uploaded, 0 if there is none: where images come faster than they go, some must last. */
    long underWay() {
        return underWay;
    }

    /**
     * Waits until the store has an image.
     *
     * @return why it has not, after that time; empty if it has
     */
    Optional<String> await(long number, Duration limit) throws InterruptedException {
        return await(List.of(number), limit);
    }

    /** Waits until the store has all images that there are now; as {@link #await}. */
    Optional<String> awaitAll(Duration limit) throws InterruptedException {
        try {
            return await(local.numbers(), limit);
        } catch (IOException e) {
            return Optional.of("the images cannot be listed: " + e.getMessage());
        }
    }

    private synchronized Optional<String> await(List<Long> numbers, Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (!lacking(numbers).isEmpty()) {
            long millis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            List<Long> lacking = lacking(numbers);
            if (millis <= 0 || givenUp || conflict || closed || unfit.keySet().containsAll(lacking)) {
                String why = problem == null ? unfit.get(lacking.getLast()) : problem;
                return Optional.of((lacking.size() == 1 ? "image " + lacking.getFirst() + " is" : "images " + lacking
                        + " are") + " not in " + remote.url() + " yet" + (why == null ? "" : ": " + why));
            }
            wait(millis);
        }
        return Optional.empty();
    }

    private synchronized List<Long> lacking(List<Long> numbers) {
        return there == null
                ? numbers
                : numbers.stream().filter(number -> !there.contains(number)).toList();
    }

    /** Ends all waiting: what is not there will be brought there by the job's next supervisor. */
    synchronized void giveUp() {
        givenUp = true;
        notifyAll();
    }

    private void run() {
        Priority.lower();
        Duration pause = FIRST_PAUSE;
        try {
            while (awaitWork()) {
                try {
                    mirrorOrFail();
                    pause = FIRST_PAUSE;
                } catch (IOException e) {
                    if (failed(e)) {
                        return;
                    }
                    pause(pause);
                    pause = Duration.ofSeconds(Math.min(2 * pause.toSeconds(), LONGEST_PAUSE.toSeconds()));
                }
            }
        } catch (InterruptedException e) {
            messages.note("uploads end with this supervisor");
        } catch (RuntimeException e) {
            messages.defect("the supervisor made a mistake in uploading images", e);
        }
    }

    private void mirrorOrFail() throws IOException, InterruptedException {
        try {
            mirror();
        } catch (VirtualMachineError e) {
            // Such as for want of memory, which may pass.
            throw new IOException("the supervisor cannot go on with it: " + e, e);
        }
    }

    private synchronized boolean awaitWork() throws InterruptedException {
        while (!asked && !closed) {
            wait();
        }
        asked = false;
        return !closed;
    }

    /** Waits before the next attempt; a new image is one, too. */
    private synchronized void pause(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        for (long millis = limit.toMillis(); millis > 0 && !asked && !closed;
                millis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
            wait(millis);
        }
        asked = true;
    }

    /** Brings everything there that is lacking; an image that is damaged here holds up no other. */
    private void mirror() throws IOException, InterruptedException {
        if (there() == null) {
            there(new TreeSet<>(remote.numbers()));
        }
        boolean any = false;
        TreeMap<Long, IOException> failed = new TreeMap<>();
        for (List<Long> left = lacking(failed.keySet()); !left.isEmpty(); left = lacking(failed.keySet())) {
            show(lacking(Set.of()));
            long number = left.getLast();
            underWay = number;
            try {
                any |= upload(number);
            } catch (ImageException | FileSystemException e) {
                failed.put(number, e);
            } finally {
                underWay = 0;
            }
        }
        unfit(failed);
        if (any) {
            removeOld();
        }
        if (!failed.isEmpty()) {
            throw failed.lastEntry().getValue();
        }
        recovered();
        show(List.of());
    }

    /** What is lacking, but for some. */
    private List<Long> lacking(Set<Long> without) throws IOException {
        return lacking(local.numbers()).stream().filter(number -> !without.contains(number)).toList();
    }

    private synchronized void unfit(Map<Long, IOException> images) {
        Map<Long, String> reasons = new TreeMap<>();
        images.forEach((number, why) -> reasons.put(number, said(why)));
        unfit = reasons;
        notifyAll();
    }

    private static String said(IOException e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private synchronized @Nullable TreeSet<Long> there() {
        return there;
    }

    private synchronized void there(TreeSet<Long> numbers) {
        there = numbers;
        notifyAll();
    }

    private synchronized void arrived(long number) {
        TreeSet<Long> now = there == null ? new TreeSet<>() : new TreeSet<>(there);
        now.add(number);
        there(now);
    }

    /** False if it was removed meanwhile. If it was rewritten, a second attempt finds where its blocks are now. */
    private boolean upload(long number) throws IOException, InterruptedException {
        long start = System.nanoTime();
        try {
            remote.upload(local.carry(number));
        } catch (NoSuchFileException e) {
            messages.note("image " + number + " was changed while it was uploaded: " + e.getMessage());
            if (!local.numbers().contains(number)) {
                return false;
            }
            remote.upload(local.carry(number));
        }
        arrived(number);
        messages.note("image %d is in %s, after %.2f s"
                .formatted(number, remote.url(), (System.nanoTime() - start) / 1e9));
        return true;
    }

    private void removeOld() throws IOException {
        if (keep == 0) {
            return;
        }
        List<Long> removed = remote.keep(keep);
        if (!removed.isEmpty()) {
            List<Long> coming = local.numbers();
            long bytes = remote.collect(coming::contains, false).bytes();
            messages.note("images " + removed + " were removed from " + remote.url() + ", which gave "
                    + ByteSize.words(bytes) + " back");
        }
    }

    /** Whether there is no use in trying again. */
    private boolean failed(IOException e) {
        boolean first;
        synchronized (this) {
            first = problem == null;
            problem = said(e);
            conflict = e instanceof StoreException s && s.kind() == StoreException.Kind.CONFLICT;
            notifyAll();
        }
        String message = "images are not in " + remote.url() + " yet: " + problem;
        if (first || conflict) {
            messages.say(message + (conflict ? "" : "; the job runs on, and it is tried again"));
        } else {
            messages.note(message);
        }
        showPending();
        return conflict;
    }

    private void recovered() {
        boolean was;
        synchronized (this) {
            was = problem != null;
            problem = null;
        }
        if (was) {
            messages.say("all images are in " + remote.url() + " now");
        }
    }

    /** What the store has is not known before it was asked, or could not be. */
    private void showPending() {
        synchronized (this) {
            if (there == null && problem == null) {
                return;
            }
        }
        try {
            show(lacking(local.numbers()));
        } catch (IOException e) {
            messages.note("the images cannot be listed: " + e.getMessage());
        }
    }

    private synchronized void show(List<Long> pending) {
        Long newest = there == null || there.isEmpty() ? null : there.last();
        JobStatus.Upload upload = new JobStatus.Upload(remote.url().toString(), newest, pending, problem);
        status.update(now -> now.with(upload));
    }

    /** Stops uploading; what is under way is taken up by the next supervisor. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(2)); // A write to a connection that hangs cannot be interrupted.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        remote.close();
    }
}
