package dev.cryo.proxy.cli;

import static dev.cryo.proxy.cli.Declarations.flag;
import static dev.cryo.proxy.cli.Declarations.option;

import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.proxy.supervisor.KeySource;
import dev.cryo.streamlog.image.ImageKeys;
import dev.cryo.streamlog.image.ImageStore;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.ArgGroupSpec;

/** The options that say where the key of encrypted images comes from. */
final class KeyOptions {
    private @Nullable KeySource chosen;

    /** The options, of which one at most may be given. */
    ArgGroupSpec group() {
        return ArgGroupSpec.builder()
                .addArg(option("--key-file", "FILE", Path.class,
                        file -> chosen = new KeySource(file.toAbsolutePath().toString(), null),
                        "Encrypt images with the key in FILE: 32 bytes, as they are, as 64 hexadecimal digits or in"
                                + " Base64, readable by nobody else. Where a job has a key already: it is in FILE."))
                .addArg(option("--key-command", "COMMAND", String.class,
                        command -> chosen = new KeySource(null, command),
                        "The same with the key that a shell's COMMAND prints."))
                .addArg(flag("--no-key", none -> chosen = KeySource.NONE,
                        "Without a key, as images need it that are not encrypted."))
                .build();
    }

    /** What was chosen; empty for what the job has. */
    Optional<KeySource> chosen() {
        return Optional.ofNullable(chosen);
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
