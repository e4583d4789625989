package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.supervisor.JobException.Kind;
import dev.cryo.proxy.supervisor.Restart.Loading;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.Section;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * An image on its way to being restored: while other things are prepared, each byte that is not left for later is
 * verified, and the files that CRIU needs are written to a folder for that. Closing removes the folder.
 */
final class Unpacking implements AutoCloseable {
    private final JobFolder job;
    private final ImageReader image;
    private final Loading loading;
    private final Aside<Path, JobException> work;
    private @Nullable Scratch scratch; // Of the thread that works, until it has ended.
    private volatile boolean givenUp;

    private Unpacking(JobFolder job, ImageReader image, Loading loading) {
        this.job = job;
        this.image = image;
        this.loading = loading;
        this.work = Aside.begin("cryo-unpacking", this::unpack);
    }

    /**
     * Begins.
     *
     * @param image to be closed after this
     */
    static Unpacking begin(JobFolder job, ImageReader image, Loading loading) {
        return new Unpacking(job, image, loading);
    }

    ImageReader image() {
        return image;
    }

    /** When memory is read that this does not read. */
    Loading loading() {
        return loading;
    }

    /**
     * Waits until all is verified.
     *
     * @return the folder of CRIU's files
     * @throws JobException if the image cannot be used
     */
    Path await() throws JobException, InterruptedException {
        return work.get();
    }

    /** Has it end soon, and fail. */
    void giveUp() {
        givenUp = true;
    }

    private void goOn(@SuppressWarnings("unused") long checked, @SuppressWarnings("unused") long of) {
        if (givenUp) {
            throw new CancellationException("it was given up");
        }
    }

    private Path unpack() throws JobException, InterruptedException {
        long number = image.manifest().number();
        Path folder;
        try {
            Scratch created = Scratch.createFor(hostBytes(), Scratch.elsewhere(job.path(), image.key()));
            scratch = created;
            folder = created.path();
        } catch (IOException e) {
            throw failed(number, e);
        }
        try (Aside<Boolean, IOException> decoded = Aside.begin("cryo-decoding", this::decode)) {
            image.unpack(section -> !loading.leaves(section), section -> target(section, folder), this::goOn);
            for (Section section : image.manifest().sections()) {
                if (isHost(section) && loading.leaves(section)) {
                    LazyHost.unpackRest(image, section, folder);
                }
            }
            boolean unused = decoded.get();
            return folder;
        } catch (IOException e) {
            throw Restart.unusable(job, number, e);
        } catch (CancellationException e) {
            throw failed(number, e);
        }
    }

    /** Beside what is verified, for the application would be restored already when a proxy meets it. */
    private boolean decode() throws IOException {
        RestorableImage.require(image);
        return true;
    }

    private JobException failed(long number, Exception why) {
        return new JobException(
                why instanceof NoRoomException ? Kind.UNAVAILABLE : Kind.FAILED,
                "job " + job.name() + " cannot be restarted from image " + number + ": " + why.getMessage(),
                why);
    }

    private static Optional<Path> target(Section section, Path folder) {
        return isHost(section)
                ? Optional.of(folder.resolve(section.name().substring(Section.HOST.length())))
                : Optional.empty();
    }

    private static boolean isHost(Section section) {
        return section.name().startsWith(Section.HOST);
    }

    /** What is to be written, about: blocks that are named many times are, too. */
    private long hostBytes() {
        return image.manifest().sections().stream()
                .filter(section -> isHost(section) && !loading.leaves(section))
                .mapToLong(Section::filledBytes)
                .sum();
    }

    @Override
    public void close() throws InterruptedException, IOException {
        giveUp(); // Nobody waits for it any more.
        work.close();
        Scratch created = scratch;
        scratch = null;
        if (created != null) {
            created.close();
        }
    }
}
