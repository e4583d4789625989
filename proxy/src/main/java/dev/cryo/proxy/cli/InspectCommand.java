package dev.cryo.proxy.cli;

import static dev.cryo.proxy.cli.Declarations.command;
import static dev.cryo.proxy.cli.Declarations.flag;
import static dev.cryo.proxy.cli.Declarations.parameter;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.cryo.proxy.host.SavedThread;
import dev.cryo.proxy.supervisor.ByteSize;
import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.streamlog.image.ImageDescription;
import dev.cryo.streamlog.image.ImageException;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.Section;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;

/** {@code cryo inspect}. */
final class InspectCommand implements Callable<Integer> {
    private static final int LARGEST = 10;

    private final Map<String, String> environment;
    private JobRef job = JobRef.NONE;
    private boolean json;
    private final KeyOptions key = new KeyOptions();

    private final CommandSpec spec = command(
                    this,
                    "inspect",
                    "Verify an image, every byte, and show what is inside: calls, memory, threads, sections.")
            .add(parameter("NAME[@IMAGE]", JobRef.class, value -> job = value,
                    "The job, and the image if not the newest."))
            .add(flag("--json", value -> json = value, "Print one JSON object, with everything."))
            .addArgGroup(key.group());

    InspectCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws JobException {
        JobFolder folder = job.folder(environment);
        long number = job.image(folder);
        try (ImageReader image = key.images(folder).read(number)) {
            image.verifyAll((checked, of) -> { });
            image.requireDecodable();
            ImageDescription description = ImageDescription.of(image);
            List<SavedThread> threads = threads(image);
            spec.commandLine().getOut().println(
                    json ? Json.of(new Inspected(description, threads)) : text(description, threads));
            return 0;
        } catch (NoSuchFileException e) {
            throw new JobException(
                    JobException.Kind.UNKNOWN, "job " + folder.name() + " has no image " + number, e);
        } catch (ImageException e) {
            throw new JobException(JobException.Kind.IMAGE, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw JobException.of("cannot read image " + number + ":", e);
        }
    }

    /** What is printed as JSON: one object. */
    record Inspected(@JsonUnwrapped ImageDescription image, List<SavedThread> threads) {}

    private static List<SavedThread> threads(ImageReader image) throws IOException, JobException {
        List<SavedThread> threads = new ArrayList<>();
        for (Section section : image.manifest().sections()) {
            String name = section.name();
            String file = name.startsWith(Section.HOST) ? name.substring(Section.HOST.length()) : "";
            if (SavedThread.isIn(file)) {
                threads.add(thread(file, image.bytes(name)));
            }
        }
        threads.sort(Comparator.comparingLong(SavedThread::id));
        return threads;
    }

    private static SavedThread thread(String file, byte[] contents) throws JobException {
        try {
            return SavedThread.of(file, contents);
        } catch (IOException e) {
            throw new JobException(JobException.Kind.IMAGE, "damaged image: " + e.getMessage(), e);
        }
    }

    private static String text(ImageDescription image, List<SavedThread> threads) {
        StringBuilder text = new StringBuilder();
        line(text, "image", image.job().name() + "@" + image.number() + ", format " + image.formatVersion()
                + (image.encrypted() ? ", encrypted, " : ", ") + image.id());
        line(text, "created", image.created() + " by cryo " + image.job().cryoVersion());
        line(text, "command", String.join(" ", image.job().commandLine()));
        line(text, "folder", image.job().workingDirectory());
        boolean byDriver = image.job().property("engine").filter("driver"::equals).isPresent();
        line(text, "device", image.job().device() + ", " + (byDriver
                ? "by its driver"
                : image.job().arrangement().name().toLowerCase(Locale.ROOT).replace('_', '-')));
        image.job().numbered("gpu.").forEach(gpu -> line(text, "gpu", gpu));
        line(text, "host", image.job().host().name().toLowerCase(Locale.ROOT));
        line(text, "size", ByteSize.words(image.storedBytes()) + " stored for " + ByteSize.words(image.bytes()));
        if (!byDriver) {
            line(text, "calls", image.calls().size() + " to replay" + byName(image));
        }
        text.append("\nSections\n").append(sections(image));
        if (!image.memory().isEmpty()) {
            text.append("\nContents of device memory: ")
                    .append(image.memory().size())
                    .append(" ranges, the largest\n");
            text.append(memory(image));
        }
        if (!image.allocations().isEmpty()) {
            text.append("\nAllocations: ").append(image.allocations().size()).append(", the largest\n");
            text.append(allocations(image));
        }
        if (!image.modules().isEmpty()) {
            text.append("\nModules\n").append(modules(image));
        }
        if (!threads.isEmpty()) {
            text.append("\nThreads: ").append(threads.size()).append('\n').append(table(threads));
        }
        return text.toString().stripTrailing();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format("%-9s %s%n", name, value));
    }

    private static String byName(ImageDescription image) {
        Map<String, Long> counts = image.calls().stream()
                .collect(Collectors.groupingBy(
                        ImageDescription.LoggedCall::name, TreeMap::new, Collectors.counting()));
        return counts.isEmpty()
                ? ""
                : ": " + counts.entrySet().stream()
                        .map(entry -> entry.getValue() + " " + entry.getKey())
                        .collect(Collectors.joining(", "));
    }

    private static String sections(ImageDescription image) {
        Table table = new Table("NAME", "BYTES", "STORED", "RANGES");
        image.sections().forEach(section -> table.add(
                section.name(),
                ByteSize.words(section.bytes()),
                ByteSize.words(section.storedBytes()),
                section.ranges()));
        return table.toString();
    }

    private static String memory(ImageDescription image) {
        Table table = new Table("ADDRESS", "BYTES");
        image.memory().stream()
                .limit(LARGEST)
                .forEach(range -> table.add("0x" + Long.toHexString(range.address()), ByteSize.words(range.bytes())));
        return table.toString();
    }

    private static String allocations(ImageDescription image) {
        Table table = new Table("ADDRESS", "BYTES", "KIND");
        image.allocations().stream()
                .limit(LARGEST)
                .forEach(allocation -> table.add(
                        "0x" + Long.toHexString(allocation.address()),
                        ByteSize.words(allocation.bytes()),
                        allocation.kind()));
        return table.toString();
    }

    private static String table(List<SavedThread> threads) {
        Table table = new Table("THREAD", "NAME");
        threads.forEach(thread -> table.add(thread.id(), thread.name()));
        return table.toString();
    }

    private static String modules(ImageDescription image) {
        Table table = new Table("MODULE", "CODE", "KERNELS IN USE");
        image.modules().forEach(module -> table.add(
                module.id(), ByteSize.words(module.imageBytes()), String.join(" ", module.functions())));
        return table.toString();
    }
}
