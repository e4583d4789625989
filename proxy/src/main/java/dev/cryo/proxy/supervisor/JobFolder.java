package dev.cryo.proxy.supervisor;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cryo.proxy.supervisor.JobException.Kind;
import dev.cryo.streamlog.image.ImageKeys;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.KeyUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder of a job, which only its owner can enter: its settings and status, its socket and pipes, its images.
 *
 * <pre>
 * ${CRYO_HOME:-~/.cryo}/jobs/NAME/
 *     lock            held by the supervisor as long as it lives
 *     job.json        {@link JobSettings}
 *     status.json     {@link JobStatus}
 *     control.sock    where the supervisor listens
 *     stdin stdout stderr
 *                     the application's standard streams, named pipes
 *     supervisor.log  what the supervisor said
 *     images/K/       image number K
 * </pre>
 *
 * @param path absolute
 */
public record JobFolder(Path path) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final ObjectMapper JSON = new ObjectMapper()
            .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

    /**
     * The folder of a job, which need not exist.
     *
     * @throws JobException if the name is none
     */
    public static JobFolder named(String name, Map<String, String> environment) throws JobException {
        if (!NAME.matcher(name).matches()) {
            throw new JobException(
                    Kind.USAGE,
                    "\"" + name + "\" is no name of a job: letters, digits, and . _ - between them, at most 64");
        }
        return new JobFolder(jobs(environment).resolve(name));
    }

    /**
     * The folder of a job that exists.
     *
     * @throws JobException if there is none
     */
    public static JobFolder existing(String name, Map<String, String> environment) throws JobException {
        JobFolder folder = named(name, environment);
        if (!Files.exists(folder.settingsFile())) {
            String known = String.join(", ", all(environment).stream().map(JobFolder::name).toList());
            throw new JobException(
                    Kind.UNKNOWN, "there is no job " + name + (known.isEmpty() ? "" : "; there are " + known));
        }
        return folder;
    }

    /** All jobs, by name. */
    public static List<JobFolder> all(Map<String, String> environment) throws JobException {
        Path jobs = jobs(environment);
        if (!Files.isDirectory(jobs)) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(jobs)) {
            return folders.map(JobFolder::new)
                    .filter(folder -> Files.exists(folder.settingsFile()))
                    .sorted((one, other) -> one.name().compareTo(other.name()))
                    .toList();
        } catch (IOException e) {
            throw new JobException(Kind.FAILED, "cannot read " + jobs + ": " + e.getMessage(), e);
        }
    }

    private static Path jobs(Map<String, String> environment) {
        String home = environment.get("CRYO_HOME");
        Path base = home == null || home.isEmpty()
                ? Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")), ".cryo")
                : Path.of(home);
        return base.toAbsolutePath().normalize().resolve("jobs");
    }

    /** The job's name. */
    public String name() {
        return path.getFileName().toString();
    }

    /** Where the supervisor listens. */
    public Path socket() {
        return path.resolve("control.sock");
    }

    /** The images of the job, with the key that the job was launched with, which is looked for when it is needed. */
    public ImageStore images() {
        return images(keys());
    }

    /** The job's own keys, which are looked for when they are needed; none where the job is not known. */
    public ImageKeys keys() {
        return () -> {
            try {
                return isKnown() ? settings().images().key().keys().find() : Optional.empty();
            } catch (JobException e) {
                throw new KeyUnavailableException("" + e.getMessage(), e);
            }
        };
    }

    /** The images of the job, with other keys. */
    public ImageStore images(ImageKeys keys) {
        return ImageStore.in(path.resolve("images"), keys);
    }

    /** Whether the job was launched or restarted here. */
    boolean isKnown() {
        return Files.exists(settingsFile());
    }

    Path lockFile() {
        return path.resolve("lock");
    }

    Path logFile() {
        return path.resolve("supervisor.log");
    }

    private Path settingsFile() {
        return path.resolve("job.json");
    }

    private Path statusFile() {
        return path.resolve("status.json");
    }

    void create() throws IOException {
        Files.createDirectories(
                path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        // It may have been there before, for others to enter.
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
    }

    /** What the job was launched with. */
    public JobSettings settings() throws JobException {
        try {
            return JSON.readValue(settingsFile().toFile(), JobSettings.class);
        } catch (IOException e) {
            throw new JobException(Kind.FAILED, "cannot read " + settingsFile() + ": " + e.getMessage(), e);
        }
    }

    void write(JobSettings settings) throws IOException {
        replace(settingsFile(), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(settings));
    }

    /** What is known of its run: {@link JobStatus.Phase#LOST} if its supervisor is gone without a word. */
    public Optional<JobStatus> status() throws JobException {
        try {
            JobStatus status = JSON.readValue(Files.readAllBytes(statusFile()), JobStatus.class);
            boolean supervised =
                    status.supervisor() != null && status.supervisor().find().isPresent();
            return Optional.of(status.phase() == JobStatus.Phase.ENDED || supervised ? status : status.lost());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new JobException(Kind.FAILED, "cannot read " + statusFile() + ": " + e.getMessage(), e);
        }
    }

    void write(JobStatus status) throws IOException {
        replace(statusFile(), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(status));
    }

    private static void replace(Path file, byte[] contents) throws IOException {
        Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
        Files.write(fresh, contents);
        Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
