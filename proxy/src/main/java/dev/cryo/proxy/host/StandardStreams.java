package dev.cryo.proxy.host;

import java.io.Closeable;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * An application's standard input, output and error as named pipes in a folder.
 *
 * <p>Named pipes come through a checkpoint and a restart by their path, so a restarted application needs them in the
 * same folder. Input that the application has not read when it is dumped goes into the image and is in the pipe again
 * after the restart; output that nobody has read yet does not: it was written, and stays in the pipe of then.
 *
 * <p>While this object is open the pipes stay open, so that the application meets neither end of input nor a broken
 * pipe. {@link #closeInput} is the end of its input; closing {@link #output} or {@link #error} breaks that pipe: what
 * the application writes to it from then on fails. {@link #applicationEnded} makes the readers of the two see the end
 * once they have read what is left. Each stream may be used by one thread at a time.
 */
public final class StandardStreams implements Closeable {
    private final Path folder;
    // Opened for reading and writing: such an open of a pipe never waits for the other side.
    private final RandomAccessFile input;
    private final RandomAccessFile outputKeeper;
    private final RandomAccessFile errorKeeper;
    private final OutputStream toInput;
    private final InputStream output;
    private final InputStream error;

    private StandardStreams(Path folder) throws IOException {
        this.folder = folder;
        this.input = new RandomAccessFile(inputPath().toFile(), "rw");
        this.outputKeeper = new RandomAccessFile(outputPath().toFile(), "rw");
        this.errorKeeper = new RandomAccessFile(errorPath().toFile(), "rw");
        this.toInput = new FileOutputStream(input.getFD());
        this.output = new ReadingEnd(outputPath(), outputKeeper);
        this.error = new ReadingEnd(errorPath(), errorKeeper);
    }

    /** One that takes its keeper with it, which is a reader too: as long as it is open, no write to the pipe fails. */
    private static final class ReadingEnd extends FileInputStream {
        private final RandomAccessFile keeper;

        ReadingEnd(Path pipe, RandomAccessFile keeper) throws IOException {
            super(pipe.toFile());
            this.keeper = keeper;
        }

        @Override
        public void close() throws IOException {
            try (keeper) {
                super.close();
            }
        }
    }

    /**
     * Makes the three pipes in a folder, which is created when missing, readable by its owner only. Pipes that are
     * there already are replaced, with what lies in them.
     */
    public static StandardStreams create(Path folder) throws IOException {
        Path absolute = folder.toAbsolutePath().normalize();
        if (!Files.isDirectory(absolute)) {
            Files.createDirectories(absolute,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        for (String name : List.of("stdin", "stdout", "stderr")) {
            Files.deleteIfExists(absolute.resolve(name));
            Posix.mkfifo(absolute.resolve(name));
        }
        return new StandardStreams(absolute);
    }

    /** The folder that holds the pipes, absolute. */
    public Path folder() {
        return folder;
    }

    /** What is written here the application reads as its standard input; blocks while the pipe (64 KiB) is full. */
    public OutputStream input() {
        return toInput;
    }

    /** What the application writes to its standard output; closing it breaks the pipe. */
    public InputStream output() {
        return output;
    }

    /** What the application writes to its standard error; closing it breaks the pipe. */
    public InputStream error() {
        return error;
    }

    /** Ends the application's input: once it has read what was written, it reads the end. */
    public void closeInput() throws IOException {
        input.close();
    }

    /** Lets the readers of output and error see the end, once they have read what is left in the pipes. */
    public void applicationEnded() throws IOException {
        outputKeeper.close();
        errorKeeper.close();
    }

    @Override
    public void close() throws IOException {
        try (input; outputKeeper; errorKeeper; output; error) {
            Files.deleteIfExists(inputPath());
            Files.deleteIfExists(outputPath());
            Files.deleteIfExists(errorPath());
        }
    }

    Path inputPath() {
        return folder.resolve("stdin");
    }

    Path outputPath() {
        return folder.resolve("stdout");
    }

    Path errorPath() {
        return folder.resolve("stderr");
    }
}
