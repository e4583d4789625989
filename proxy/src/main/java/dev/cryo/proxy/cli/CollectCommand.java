package dev.cryo.proxy.cli;

import static dev.cryo.proxy.cli.Declarations.command;
import static dev.cryo.proxy.cli.Declarations.flag;
import static dev.cryo.proxy.cli.Declarations.option;
import static dev.cryo.proxy.cli.Declarations.parameter;

import dev.cryo.proxy.store.RemoteImages;
import dev.cryo.proxy.supervisor.ByteSize;
import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.proxy.supervisor.RemoteStore;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code cryo images gc}. */
final class CollectCommand implements Callable<Integer> {
    private final Map<String, String> environment;
    private String name = "";
    private boolean dryRun;
    private final KeyOptions key = new KeyOptions();
    private @Nullable String store;

    private final CommandSpec spec = command(
                    this,
                    "gc",
                    "Give back the room of what no image of a job needs any more.",
                    "Waits while an image is being written or restored.")
            .add(parameter("NAME", String.class, value -> name = value, "The job."))
            .add(flag("--dry-run", value -> dryRun = value, "Only tell what would be given back."))
            .addArgGroup(key.group())
            .add(option("--store", "s3://BUCKET/PREFIX", String.class, value -> store = value,
                    "Give back room in this store, instead of on this machine; not while the job uploads."));

    CollectCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws JobException {
        if (store != null) {
            return collectThere(store);
        }
        ImageStore images = key.images(new JobRef(name, OptionalLong.empty()).folder(environment))
                .patient();
        try {
            spec.commandLine().getOut().println(words(images.collect(dryRun), dryRun));
            return 0;
        } catch (IOException e) {
            throw JobException.of("no room is given back:", e);
        }
    }

    private int collectThere(String url) throws JobException {
        RemoteStore.requireIdle(JobFolder.named(name, environment));
        try (RemoteImages images = RemoteStore.open(url, name, environment)) {
            spec.commandLine().getOut().println(words(images.collect(coming -> true, dryRun), dryRun));
            for (long number : images.incomplete()) {
                spec.commandLine().getOut().println("image " + number + " is not whole there and keeps what it has;"
                        + " the job's next start goes on with it, `cryo images rm " + name + "@" + number + " --store "
                        + url + "` gives it up");
            }
            return 0;
        } catch (IOException e) {
            throw RemoteStore.failed(e);
        }
    }

    static String words(ImageStore.Collected collected, boolean dryRun) {
        StringBuilder words = new StringBuilder(given(collected, dryRun));
        for (Path left : collected.foreign()) {
            words.append(System.lineSeparator())
                    .append(left)
                    .append(" is no pack but a link, a folder or the like: left alone");
        }
        return words.toString();
    }

    private static String given(ImageStore.Collected collected, boolean dryRun) {
        if (collected.packs() == 0) {
            return "nothing to give back";
        }
        String files = collected.packs() + (collected.packs() == 1 ? " file" : " files");
        return collected.bytes() <= 0
                ? "other jobs need what this one " + (dryRun ? "would let" : "let") + " go, of " + files
                : (dryRun ? "would give back " : "gave back ") + ByteSize.words(collected.bytes()) + ", of " + files;
    }
}
