package dev.cryo.benchmarks.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cryo.proxy.control.ControlClient;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import dev.cryo.streamlog.control.ControlMessage.TakeCheckpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * A folder of its own for jobs, and the commands that work on it. Closing it ends every process that came of it and
 * removes the folder. Thread-safe.
 */
public final class Workplace implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration COMMAND = Duration.ofSeconds(60);

    private final Path home;
    private final CommandLine cryo;
    private final List<String> launchOptions;
    private final List<Child> children = new CopyOnWriteArrayList<>();

    private Workplace(Path home, CommandLine cryo, List<String> launchOptions) {
        this.home = home;
        this.cryo = cryo.with("CRYO_HOME", home.toString());
        this.launchOptions = List.copyOf(launchOptions);
    }

    /** The processes of a job, 0 for those that it does not have. */
    public record Parts(long supervisor, long application, long proxy) {}

    /** A new workplace in the folder for temporary files. */
    public static Workplace create(CommandLine cryo) throws IOException {
        return create(cryo, List.of());
    }

    /** A new workplace in the folder for temporary files, where every launch has these options. */
    public static Workplace create(CommandLine cryo, List<String> launchOptions) throws IOException {
        return new Workplace(Files.createTempDirectory("cryo-"), cryo, launchOptions);
    }

    /** A new workplace in a folder that exists and will be emptied. */
    public static Workplace in(Path home, CommandLine cryo) {
        return new Workplace(home, cryo, List.of());
    }

    /** The folder that is CRYO_HOME here. */
    public Path home() {
        return home;
    }

    /** The command line that works on this folder. */
    public CommandLine cryo() {
        return cryo;
    }

    /** The folder of a job. */
    public Path job(String name) {
        return home.resolve("jobs").resolve(name);
    }

    /** The folder of a job's image. */
    public Path image(String job, long number) {
        return job(job).resolve("images").resolve(Long.toString(number));
    }

    /** Starts a command; it is ended with this workplace at the latest. */
    public Child start(String... arguments) throws IOException {
        return start(cryo, List.of(arguments));
    }

    /** Starts a command by another command line than this workplace's own. */
    public Child start(CommandLine how, List<String> arguments) throws IOException {
        Child child = how.start(arguments);
        children.add(child);
        return child;
    }

    /** Starts a program that is none of cryo's; it is ended with this workplace at the latest. */
    public Child program(String name, List<String> command) throws IOException {
        Child child = new Child(name, new ProcessBuilder(command).start());
        children.add(child);
        return child;
    }

    /** Ends what was started here, with everything that it has started, at once. */
    public void end(Child child) {
        child.end();
        children.remove(child);
    }

    /** Starts a job, with these options after those of every launch here. */
    public Child launch(String name, List<String> options, List<String> application) throws IOException {
        List<String> words = new ArrayList<>(List.of("launch", "--name", name));
        words.addAll(launchOptions);
        words.addAll(options);
        words.add("--");
        words.addAll(application);
        return start(cryo, words);
    }

    /** Runs a command to its end, whatever that is. */
    public Child run(String... arguments) throws IOException, UnexpectedException, InterruptedException {
        Child child = start(arguments);
        child.exitCode(COMMAND);
        children.remove(child);
        return child;
    }

    /** Runs a command that prints JSON, and reads the last line of it. */
    public JsonNode json(String... arguments) throws IOException, UnexpectedException, InterruptedException {
        return JSON.readTree(run(arguments).succeed(COMMAND).out().text());
    }

    /** Takes a checkpoint, over the job's socket as {@code cryo checkpoint} does. */
    public CheckpointTaken checkpoint(String job) throws UnexpectedException {
        return ask(job, new TakeCheckpoint(0, false, true));
    }

    /** Takes a checkpoint and ends the job when its image is complete, as {@code cryo stop} does. */
    public CheckpointTaken stop(String job) throws UnexpectedException {
        return ask(job, new TakeCheckpoint(0, true, true));
    }

    private CheckpointTaken ask(String job, TakeCheckpoint what) throws UnexpectedException {
        try (ControlClient client = ControlClient.connect(
                job(job).resolve("control.sock"), ControlMessage.Role.COMMAND, Duration.ofSeconds(20))) {
            client.write(what);
            ControlMessage answer = client.read();
            if (answer instanceof CheckpointTaken taken) {
                return taken;
            }
            throw new UnexpectedException("the checkpoint of " + job + " was answered by " + answer);
        } catch (IOException e) {
            throw new UnexpectedException("the checkpoint of " + job + " failed: " + e.getMessage(), e);
        }
    }

    /** Takes a checkpoint and waits so long for its image; a failure tells what the job has printed. */
    public CheckpointTaken checkpoint(String job, Child child, Duration limit)
            throws UnexpectedException, InterruptedException {
        CompletableFuture<CheckpointTaken> answer = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                answer.complete(checkpoint(job));
            } catch (UnexpectedException | RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new UnexpectedException(cause.getMessage() + "; of the job: " + child.printed(), e);
        } catch (TimeoutException e) {
            throw new UnexpectedException(
                    "the checkpoint was not complete after " + limit.toSeconds() + " s; of the job: "
                            + child.printed(), e);
        }
    }

    /** The processes of a job that runs, from its status file: a command would come late for what is soon over. */
    public Parts parts(String job) throws IOException, UnexpectedException {
        try {
            JsonNode status = JSON.readTree(Files.readAllBytes(job(job).resolve("status.json")));
            return new Parts(pid(status, "supervisor"), pid(status, "application"), pid(status, "proxy"));
        } catch (NoSuchFileException e) {
            throw new UnexpectedException("job " + job + " has never run", e);
        }
    }

    private static long pid(JsonNode job, String part) {
        return job.path(part).path("pid").asLong();
    }

    /** Kills the application and the proxy of a job by SIGKILL and waits until they are gone. */
    public void kill(String job) throws IOException, UnexpectedException, InterruptedException {
        kill(parts(job));
    }

    /** Kills the application and the proxy by SIGKILL and waits until they are gone. */
    public void kill(Parts parts) throws UnexpectedException, InterruptedException {
        if (parts.application() <= 0) {
            throw new UnexpectedException("the job has no application that could be killed: " + parts);
        }
        Signals.send("KILL", parts.application());
        if (parts.proxy() > 0) {
            Signals.send("KILL", parts.proxy());
            Signals.awaitEnd(parts.proxy());
        }
        Signals.awaitEnd(parts.application());
    }

    /**
     * Waits until a job runs under a supervisor that was started here.
     *
     * @return when it did, by {@link System#nanoTime}
     */
    public long awaitRunning(String job, Child supervisor, Duration limit)
            throws UnexpectedException, InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (!runs(job, supervisor.pid())) {
            if (System.nanoTime() - end > 0 || !supervisor.isAlive()) {
                throw new UnexpectedException("job " + job + " does not run; " + supervisor.printed());
            }
            Thread.sleep(2);
        }
        return System.nanoTime();
    }

    private boolean runs(String job, long supervisor) throws UnexpectedException {
        try {
            JsonNode status = JSON.readTree(Files.readAllBytes(job(job).resolve("status.json")));
            return status.path("phase").asText().equals("RUNNING") && pid(status, "supervisor") == supervisor;
        } catch (NoSuchFileException e) {
            return false; // Its supervisor has not come that far.
        } catch (IOException e) {
            throw new UnexpectedException("the status of " + job + " cannot be read", e);
        }
    }

    /** Ids of the processes that still live and have this folder in their command line. */
    public List<Long> processes() {
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(this::belongs)
                .toList();
    }

    private boolean belongs(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1)
                    .contains(home.toString() + "/");
        } catch (IOException e) {
            return false; // It has ended, or is not ours to look at.
        }
    }

    /** Has this workplace closed when this process ends early; returns the hook, to be taken away again. */
    public Thread closeAtExit() {
        Thread hook = new Thread(() -> {
            try {
                close();
            } catch (IOException e) {
                System.err.println("cryo: could not remove " + home + ": " + e.getMessage());
            }
        });
        Runtime.getRuntime().addShutdownHook(hook);
        return hook;
    }

    /** Ends every process that came of this workplace and removes its folder. */
    @Override
    public void close() throws IOException {
        children.forEach(Child::end);
        for (long pid : processes()) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
        if (Files.isDirectory(home)) {
            try (Stream<Path> files = Files.walk(home)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
