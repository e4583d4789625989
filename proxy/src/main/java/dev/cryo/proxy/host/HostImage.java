package dev.cryo.proxy.host;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cryo.proxy.host.ApplicationCommand.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * An image of an application's host state: a folder of CRIU's files, and beside them {@value #NAME}, which holds what
 * is needed to tell before a restart whether it can succeed.
 *
 * <p>All files of the folder belong to the image, none has subfolders, and none is changed by a restore.
 */
public final class HostImage {
    /** The name of the description within the image's folder. */
    public static final String NAME = "host.json";

    private static final int FORMAT = 1;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final Description description;

    private HostImage(Path folder, Description description) {
        this.folder = folder;
        this.description = description;
    }

    /** What the file holds. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Description(
            int format,
            String criu,
            String kernel,
            boolean tcpClosed,
            String streams,
            Processor processor,
            boolean belowProcessOne,
            List<SavedFile> files) {
        /** Refuses what is missing. */
        Description {
            Objects.requireNonNull(criu, "criu");
            Objects.requireNonNull(streams, "streams");
            Objects.requireNonNull(processor, "processor");
            files = List.copyOf(files);
        }

        @JsonIgnore
        boolean known() {
            return format == FORMAT;
        }
    }

    /** Reads the description of an image; the folder must hold one. */
    public static HostImage read(Path folder) throws HostStateException {
        Path file = folder.resolve(NAME);
        try {
            return new HostImage(folder, parse(CriuMessage.whole(file)));
        } catch (NewerException e) {
            throw new HostStateException(file + " cannot be read", List.of("" + e.getMessage()));
        } catch (IOException e) {
            throw new HostStateException("cannot read " + file, e);
        }
    }

    /** Of a format that is not known yet. */
    private static final class NewerException extends IOException {
        private static final long serialVersionUID = 1;

        NewerException(int format) {
            super("it is of format " + format + ", this version reads " + FORMAT + "; use a newer cryo");
        }
    }

    /**
     * Reads what a file of the name {@value #NAME} holds.
     *
     * @throws IOException if that is no description
     */
    static Description parse(byte[] contents) throws IOException {
        Description description;
        try {
            description = JSON.readValue(contents, Description.class);
        } catch (JsonProcessingException e) {
            throw new IOException(e.getOriginalMessage(), e); // In one line.
        }
        if (description == null) {
            throw new IOException("it describes nothing");
        }
        if (!description.known()) {
            throw new NewerException(description.format());
        }
        return description;
    }

    /** Describes what CRIU has just written into a folder. */
    static HostImage describe(Path folder, Description description) throws IOException {
        Files.write(folder.resolve(NAME), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(description));
        return new HostImage(folder, description);
    }

    static Description description(String criu, boolean tcpClosed, Path streams, Processor processor,
            Place place, List<SavedFile> files) {
        return new Description(FORMAT, criu, System.getProperty("os.version"), tcpClosed, streams.toString(), processor,
                place == Place.BELOW_PROCESS_ONE, files);
    }

    /** Where the image is. */
    public Path folder() {
        return folder;
    }

    /** Where the application's standard streams must be before it is restored. */
    public Path streamsFolder() {
        return Path.of(description.streams());
    }

    /** The processor that the image was taken on. */
    public Processor processor() {
        return description.processor();
    }

    /** Where the application was started. */
    Place place() {
        return description.belowProcessOne() ? Place.BELOW_PROCESS_ONE : Place.APART;
    }

    /** Whether connected TCP sockets were dumped as closed. */
    boolean tcpClosed() {
        return description.tcpClosed();
    }

    List<SavedFile> files() {
        return description.files();
    }

    /**
     * Checks, changing nothing, whether the application could be restored here and now.
     *
     * @throws HostStateException naming every instruction that the processor lacks and every file that is gone or has
     *     changed
     */
    public void requireRestorable() throws HostStateException {
        List<String> reasons = new ArrayList<>();
        try {
            Processor here = Processor.here(false);
            List<String> missing = processor().missingOn(here);
            if (!missing.isEmpty()) {
                reasons.add("this processor (" + here.model() + ") lacks the instructions " + String.join(" ", missing)
                        + ", which the image may use since it was taken on " + processor().model()
                        + "; restart it on a processor that has them, or launch with --portable-cpu");
            }
            for (SavedFile file : files()) {
                file.obstacle().ifPresent(reasons::add);
            }
        } catch (IOException e) {
            throw new HostStateException("cannot check what the image " + folder + " needs", e);
        }
        if (!reasons.isEmpty()) {
            throw new HostStateException("the application cannot be restored here", reasons);
        }
    }
}
