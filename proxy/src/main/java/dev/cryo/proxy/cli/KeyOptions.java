package dev.cryo.proxy.cli;

import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.proxy.supervisor.KeySource;
import dev.cryo.streamlog.image.ImageKeys;
import dev.cryo.streamlog.image.ImageStore;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The options that say where the key of encrypted images comes from. */
final class KeyOptions {
    @ArgGroup
    private @Nullable Choice choice;

    /** One of them. */
    static final class Choice {
        @Option(
                names = "--key-file",
                paramLabel = "FILE",
                description = "Encrypt images with the key in FILE: 32 bytes, as they are, as 64 hexadecimal digits or"
                        + " in Base64, readable by nobody else. Where a job has a key already: it is in FILE.")
        private @Nullable Path file;

        @Option(
                names = "--key-command",
                paramLabel = "COMMAND",
                description = "The same with the key that a shell's COMMAND prints.")
        private @Nullable String command;

        @Option(names = "--no-key", description = "Without a key, as images need it that are not encrypted.")
        private boolean none;
    }

    /** What was chosen; empty for what the job has. */
    Optional<KeySource> chosen() {
        if (choice == null) {
            return Optional.empty();
        }
        return Optional.of(
                choice.none
                        ? KeySource.NONE
                        : new KeySource(
                                choice.file == null ? null : choice.file.toAbsolutePath().toString(),
                                choice.command));
    }

    /** The images of a job, with the key that was chosen or the job's own. */
    ImageStore images(JobFolder folder) {
        return folder.images(keys(folder));
    }

    /** The keys that were chosen, or a job's own. */
    ImageKeys keys(JobFolder folder) {
        return chosen().map(KeySource::keys).orElseGet(folder::keys);
    }
}
