package dev.cryo.proxy.supervisor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import dev.cryo.proxy.supervisor.JobException.Kind;
import dev.cryo.streamlog.image.ImageKeys;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.KeyUnavailableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private static final byte[] NO_JSON = {'n', 'u', 'l', 'l'};
    private static final ObjectMapper JSON = new ObjectMapper()
            .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

    /**
     * Makes ready what reads and writes these files: in a JVM that begins it takes a tenth of a second, in which
     * another thread can do other things.
     */
    static void rehearse() throws IOException {
        for (Class<?> file : List.of(JobSettings.class, JobStatus.class)) {
            Object unusedNull = JSON.readerFor(file).readValue(NO_JSON);
            ObjectWriter unusedWriter = JSON.writerFor(file);
        }
    }

    /**
     * The folder of a job, which need not exist.
     *
     * @throws JobException if the name is none
     */
    public static JobFolder named(String name, Map<String, String> environment) throws JobException {
        if (!JobInfo.isName(name)) {
            throw new JobException(
                    Kind.USAGE,
                    "\"" + name + "\" is no name of a job: " + JobInfo.NAME_GRAMMAR);
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

    /** Where a proxy's JVM tells of a crash of itself; the last one is kept. */
    public Path proxyCrash() {
        return path.resolve("proxy-crash.log");
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
        return ImageStore.in(imagesFolder(), keys).sharing(this::peers);
    }

    private Path imagesFolder() {
        return path.resolve("images");
    }

    /** The folders of the images of those jobs beside this one that share blocks with it. */
    private List<Path> peers() throws IOException {
        if (!isKnown()) {
            return List.of();
        }
        JobSettings own = read();
        if (own.images().sharesWith() == null) {
            return List.of();
        }
        List<Path> found = new ArrayList<>();
        try (Stream<Path> jobs = Files.list(path.resolveSibling(""))) {
            for (Path other : jobs.sorted().toList()) {
                JobFolder job = new JobFolder(other);
                if (!other.equals(path) && job.isKnown() && job.sharesWith(own)) {
                    found.add(job.imagesFolder());
                }
            }
        }
        return found;
    }

    /** A job that is being removed, or whose settings cannot be read, shares nothing. */
    private boolean sharesWith(JobSettings own) {
        try {
            return read().sharesWith(own);
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Makes sure that files here can have second names, by which jobs share what they have stored.
     *
     * @throws JobException if they cannot
     */
    void requireLinks() throws JobException {
        Path file = path.resolve(".links");
        Path link = path.resolve(".links.second");
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(link);
            Files.createLink(link, Files.createFile(file));
            Files.delete(link);
            Files.delete(file);
        } catch (IOException e) {
            throw new JobException(
                    Kind.UNAVAILABLE,
                    "--shares-with needs a file system with hard links, which that of " + path + " is not: leave it"
                            + " out, or set CRYO_HOME to a folder on another one (" + e.getMessage() + ")",
                    e);
        }
    }

    /**
     * Checks the name of the jobs that share blocks, which has the form of a job's.
     *
     * @throws JobException if it is none
     */
    public static void checkGroup(String name) throws JobException {
        if (!JobInfo.isName(name)) {
            throw new JobException(
                    Kind.USAGE,
                    "--shares-with takes " + JobInfo.NAME_GRAMMAR + ", not \"" + name + "\"");
        }
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
            return read();
        } catch (IOException e) {
            throw new JobException(Kind.FAILED, "cannot read " + settingsFile() + ": " + e.getMessage(), e);
        }
    }

    private JobSettings read() throws IOException {
        return JSON.readValue(contents(settingsFile()), JobSettings.class);
    }

    /** What lies there may come from elsewhere: a pipe would be waited for without an end. */
    private static byte[] contents(Path file) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new FileSystemException(file.toString(), null, "not a regular file");
        }
        return Files.readAllBytes(file);
    }

    void write(JobSettings settings) throws IOException {
        byte[] contents = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(settings);
        if (!Files.exists(settingsFile()) || !Arrays.equals(contents(settingsFile()), contents)) {
            replace(settingsFile(), contents, true);
        }
    }

    /** What is known of its run: {@link JobStatus.Phase#LOST} if its supervisor is gone without a word. */
    public Optional<JobStatus> status() throws JobException {
        if (Files.exists(statusFile()) && !Files.isRegularFile(statusFile())) {
            return Optional.of(unknownStatus());
        }
        try {
            JobStatus status = JSON.readValue(contents(statusFile()), JobStatus.class);
            boolean supervised =
                    status.supervisor() != null && status.supervisor().find().isPresent();
            return Optional.of(status.phase() == JobStatus.Phase.ENDED || supervised ? status : status.lost());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.of(unknownStatus()); // Torn when the machine or the disk failed.
        } catch (IOException e) {
            throw new JobException(Kind.FAILED, "cannot read " + statusFile() + ": " + e.getMessage(), e);
        }
    }

    private JobStatus unknownStatus() throws JobException {
        try {
            return JobStatus.unknown(Files.getLastModifiedTime(statusFile()).toMillis());
        } catch (IOException e) {
            throw new JobException(Kind.FAILED, "cannot read " + statusFile() + ": " + e.getMessage(), e);
        }
    }

    /** Writes it anew, or where there is no room for that, over what is there. */
    void write(JobStatus status) throws IOException {
        byte[] contents = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(status);
        try {
            replace(statusFile(), contents, false);
        } catch (IOException e) {
            try {
                overwrite(statusFile(), contents);
            } catch (IOException again) {
                e.addSuppressed(again);
                throw e;
            }
        }
    }

    /** Who reads it meanwhile may find it torn, which is better than old: the disk is full. */
    private static void overwrite(Path file, byte[] contents) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(contents));
            channel.truncate(contents.length);
        }
    }

    /** @param forced whether it is on the disk before it takes the old one's place */
    private static void replace(Path file, byte[] contents, boolean forced) throws IOException {
        Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
        try (FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer left = ByteBuffer.wrap(contents);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            if (forced) {
                channel.force(true);
            }
        } catch (IOException e) {
            Files.deleteIfExists(fresh);
            throw e;
        }
        Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
