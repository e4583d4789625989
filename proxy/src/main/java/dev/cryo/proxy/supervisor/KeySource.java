package dev.cryo.proxy.supervisor;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.cryo.streamlog.image.ImageKey;
import dev.cryo.streamlog.image.ImageKeys;
import dev.cryo.streamlog.image.KeyUnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where the key of a job's images comes from; the key itself is nowhere in the job's folder.
 *
 * @param file that holds it, absolute; null if it is in none
 * @param command that prints it, for a shell; null if none does
 */
public record KeySource(@Nullable String file, @Nullable String command) {
    /** There is no key: images are not encrypted. */
    public static final KeySource NONE = new KeySource(null, null);

    /** More is no key in any form. */
    private static final int MOST_BYTES = 4096;

    /** It may ask a person. */
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(2);

    private static final Set<PosixFilePermission> OF_OTHERS =
            Set.of(PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ);

    /** Whether there is a key. */
    @JsonIgnore
    public boolean isPresent() {
        return file != null || command != null;
    }

    /** The keys that are found here, which is looked for once, when it is needed first. */
    public ImageKeys keys() {
        return keys(COMMAND_LIMIT);
    }

    /** As {@link #keys()}, with a limit of its own for a command. */
    ImageKeys keys(Duration commandLimit) {
        if (!isPresent()) {
            return ImageKeys.NONE;
        }
        return new ImageKeys() {
            private @Nullable ImageKey found;

            @Override
            public synchronized Optional<ImageKey> find() throws KeyUnavailableException {
                if (found == null) {
                    found = read(commandLimit);
                }
                return Optional.of(found);
            }
        };
    }

    private ImageKey read(Duration commandLimit) throws KeyUnavailableException {
        byte[] text = file != null ? ofFile(Path.of(file)) : ofCommand(String.valueOf(command), commandLimit);
        try {
            return ImageKey.parse(text);
        } catch (IllegalArgumentException e) {
            throw new KeyUnavailableException(this + " has no key: " + e.getMessage(), e);
        } finally {
            Arrays.fill(text, (byte) 0);
        }
    }

    private byte[] ofFile(Path path) throws KeyUnavailableException {
        try {
            if (Files.getPosixFilePermissions(path).stream().anyMatch(OF_OTHERS::contains)) {
                throw new KeyUnavailableException(this + " can be read by others: `chmod 600 " + path + "`");
            }
            try (InputStream in = Files.newInputStream(path)) {
                return in.readNBytes(MOST_BYTES);
            }
        } catch (KeyUnavailableException e) {
            throw e;
        } catch (NoSuchFileException e) {
            throw new KeyUnavailableException(this + " is not there", e);
        } catch (IOException e) {
            throw new KeyUnavailableException(this + " cannot be read: " + e.getMessage(), e);
        }
    }

    private byte[] ofCommand(String words, Duration limit) throws KeyUnavailableException {
        try {
            Process process = new ProcessBuilder("sh", "-c", words)
                    .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            CompletableFuture<Void> late =
                    new CompletableFuture<Void>().completeOnTimeout(null, limit.toMillis(), TimeUnit.MILLISECONDS);
            CompletableFuture<Void> unused = late.thenRun(() -> end(process));
            byte[] text;
            try (InputStream out = process.getInputStream()) {
                text = out.readNBytes(MOST_BYTES);
            }
            int code = process.waitFor();
            if (!late.cancel(false)) {
                throw new KeyUnavailableException(this + " did not end within " + limit.toSeconds() + " s");
            }
            if (code != 0) {
                throw new KeyUnavailableException(this + " ended with " + code);
            }
            return text;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KeyUnavailableException("interrupted while " + this + " ran", e);
        } catch (KeyUnavailableException e) {
            throw e;
        } catch (IOException e) {
            throw new KeyUnavailableException(this + " cannot be run: " + e.getMessage(), e);
        }
    }

    /** With what the shell has started, which would keep its output open. */
    private static void end(Process shell) {
        List<ProcessHandle> below = shell.descendants().toList();
        shell.destroyForcibly();
        below.forEach(ProcessHandle::destroyForcibly);
    }

    @Override
    public String toString() {
        return file != null ? "key file " + file : command != null ? "key command \"" + command + "\"" : "no key";
    }
}
