package dev.cryo.proxy.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Dumps and restores the host state of applications by CRIU.
 *
 * <p>The methods block and may be called from any thread; of one application, one dump at a time.
 */
public final class HostState {
    /** What CRIU says where the folder that it makes for a moment in a working folder is there already. */
    private static final String NEIGHBOUR = "Can't create a directory (-17)";

    private static final int NEIGHBOURS = 20;
    private static final Duration NEIGHBOUR_LEAVES = Duration.ofMillis(20);

    private final Criu criu;

    /** Uses the given CRIU. */
    public HostState(Criu criu) {
        this.criu = criu;
    }

    /**
     * Dumps an application, which stands still for the time of the dump and then runs on.
     *
     * <p>It must have been started apart ({@link ApplicationCommand.Place}). When the dump fails the application runs
     * on as if nothing had been, and the image folder is empty again.
     *
     * @throws HostStateException naming what cannot be saved
     */
    public HostImage dump(ApplicationProcess application, StandardStreams streams, DumpRequest request)
            throws HostStateException {
        try {
            Processor processor = Processor.here(request.portable());
            ProcessTree tree = ProcessTree.of(requireOwnNamespace(application));
            List<String> obstacles = Obstacles.in(tree, request);
            if (!obstacles.isEmpty()) {
                throw new HostStateException(
                        "the application cannot be checkpointed as it is", advice(obstacles, request));
            }
            Set<String> mapped = tree.mappings().stream()
                    .filter(ProcessTree.Mapping::changesFile)
                    .map(ProcessTree.Mapping::target)
                    .collect(Collectors.toUnmodifiableSet());
            Files.createDirectories(request.imageFolder());
            Files.createDirectories(request.workFolder());
            Map<String, Long> lengths = lengths(tree);
            Set<Integer> stopped = stopped(tree);
            try {
                runDump(application.pid(), request);
                List<SavedFile> files = files(request.imageFolder(), mapped, lengths);
                return HostImage.describe(request.imageFolder(), HostImage.description(criu.version(),
                        request.closeTcp(), streams.folder(), processor, application.place(), files));
            } catch (HostStateException | IOException e) {
                letRun(tree, stopped);
                empty(request.imageFolder());
                throw e;
            }
        } catch (IOException e) {
            throw new HostStateException("the application could not be checkpointed", e);
        }
    }

    /** The ids of the application's processes, the root first. */
    public static List<Long> processes(ApplicationProcess application) throws IOException {
        return ProcessTree.of(application.pid()).pids().stream().map(Integer::longValue).toList();
    }

    /**
     * About how large a dump will be, in bytes.
     *
     * @throws IOException if the processes cannot be looked at
     */
    public long residentBytes(ApplicationProcess application) throws IOException {
        return ProcessTree.of(Math.toIntExact(application.pid())).residentBytes();
    }

    /**
     * Restores an application as it was at the checkpoint.
     *
     * <p>Its standard streams must have been created in {@link HostImage#streamsFolder}. This process becomes the
     * parent of the restored one, and for that the adopter of all its orphaned descendants. The image is not changed
     * and can be restored again.
     *
     * @param workFolder takes CRIU's log
     * @throws HostStateException when it cannot be restored; nothing of it is left running then
     */
    public Restored restore(HostImage image, Path workFolder, Duration timeout) throws HostStateException {
        return restore(image, workFolder, timeout, List.of());
    }

    /**
     * As {@link #restore}, but the pages that the image's folder has not are brought while the application runs.
     *
     * @param pages serves them already
     */
    public Restored restoreLazily(HostImage image, Path workFolder, Duration timeout, LazyPages pages)
            throws HostStateException {
        Objects.requireNonNull(pages, "pages");
        return restore(image, workFolder, timeout, List.of("--lazy-pages"));
    }

    private Restored restore(HostImage image, Path workFolder, Duration timeout, List<String> options)
            throws HostStateException {
        image.requireRestorable();
        try {
            Files.createDirectories(workFolder);
            List<Path> cut = new ArrayList<>();
            for (SavedFile file : image.files()) {
                file.cutBack().ifPresent(cut::add);
            }
            return new Restored(
                    ApplicationProcess.child(runRestore(image, workFolder, timeout, options), image.place()), cut);
        } catch (IOException e) {
            throw new HostStateException("the application could not be restored", e);
        }
    }

    private void runDump(int pid, DumpRequest request) throws HostStateException, IOException {
        List<String> words = new ArrayList<>(List.of("--leave-running",
                "--ghost-limit", Long.toString(request.deletedFileLimit()),
                "--timeout", Long.toString(Math.max(1, request.timeout().toSeconds()))));
        words.addAll(common(request.imageFolder(), request.workFolder(), "dump.log", request.closeTcp()));
        Path log = request.workFolder().resolve("dump.log");
        Files.deleteIfExists(log);
        Criu.Run run = criu.dump(pid, words, request.timeout());
        for (int again = 0; again < NEIGHBOURS && !run.success() && metNeighbour(log); again++) {
            empty(request.imageFolder());
            pause();
            run = criu.dump(pid, words, request.timeout());
        }
        // No other dump has had it for so long.
        if (!run.success() && metNeighbour(log) && LeftProcFolders.remove(ProcessTree.of(pid)) > 0) {
            empty(request.imageFolder());
            run = criu.dump(pid, words, request.timeout());
        }
        requireSuccess(run, request.timeout(), log, reasons -> new HostStateException(
                "the application cannot be checkpointed", advice(reasons, request), log));
    }

    /** Whether CRIU has met another dump: it makes a folder of a fixed name in the application's working folder. */
    private static boolean metNeighbour(Path log) throws IOException {
        return Files.exists(log)
                && new String(Files.readAllBytes(log), StandardCharsets.ISO_8859_1).contains(NEIGHBOUR);
    }

    private static void pause() throws HostStateException {
        try {
            Thread.sleep(NEIGHBOUR_LEAVES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostStateException("interrupted while another dump was waited for", e);
        }
    }

    /** An application that is saved by the driver has no agent, which would call its resources. */
    private static List<String> advice(List<String> reasons, DumpRequest request) {
        return request.gpuReleased()
                ? reasons.stream().map(reason -> reason.replace(" in an org.crac resource", "")).toList()
                : reasons;
    }

    /** Where CRIU leaves the id of the process that it has restored. */
    static Path pidFile(Path workFolder) {
        return workFolder.toAbsolutePath().resolve("restored.pid");
    }

    private int runRestore(HostImage image, Path workFolder, Duration timeout, List<String> options)
            throws HostStateException, IOException {
        Path pidFile = pidFile(workFolder);
        Files.deleteIfExists(pidFile);
        Posix.becomeSubreaper();
        List<String> words = new ArrayList<>(List.of("restore", "--restore-detached", "--pidfile", pidFile.toString()));
        words.addAll(options);
        words.addAll(common(image.folder(), workFolder, "restore.log", image.tcpClosed()));
        Path log = workFolder.resolve("restore.log");
        Files.deleteIfExists(log);
        requireSuccess(criu.restore(words, timeout), timeout, log, reasons ->
                new HostStateException("the application cannot be restored", reasons, log));
        return Integer.parseInt(Files.readString(pidFile).strip());
    }

    private static List<String> common(Path images, Path work, String log, boolean closeTcp) {
        List<String> words = new ArrayList<>(List.of("--images-dir", images.toAbsolutePath().toString(),
                "--work-dir", work.toAbsolutePath().toString(), "--log-file", log, "-v3", "--shell-job",
                "--file-locks"));
        if (closeTcp) {
            words.add("--tcp-close");
        }
        return words;
    }

    private static void requireSuccess(
            Criu.Run run, Duration timeout, Path log, Function<List<String>, HostStateException> failure)
            throws HostStateException, IOException {
        if (run.success()) {
            return;
        }
        String otherwise = "CRIU ended with " + run.exitCode() + " " + run.output().strip();
        throw failure.apply(switch (run.ending()) {
            case BY_ITSELF -> CriuLog.reasons(log, otherwise.strip());
            case WITHOUT_SUBJECT -> List.of("it has ended");
            case GIVEN_UP -> List.of("CRIU did not end within " + timeout.toMillis() + " ms");
            case KILLED -> List.of("CRIU did not end within " + timeout.toMillis() + " ms and had to be killed");
        });
    }

    /** The files that the image refers to; where one is open or mapped several times, being written counts. */
    private static List<SavedFile> files(Path imageFolder, Set<String> mapped, Map<String, Long> lengths)
            throws IOException {
        Map<String, FilesImage.Entry> byPath = new LinkedHashMap<>();
        for (FilesImage.Entry entry : FilesImage.read(imageFolder)) {
            boolean ofKernel = entry.path().startsWith("/proc/") || entry.path().startsWith("/sys/");
            if (!ofKernel) {
                byPath.merge(entry.path(), entry, (one, other) -> one.written() ? one : other);
            }
        }
        List<SavedFile> files = new ArrayList<>();
        for (FilesImage.Entry entry : byPath.values()) {
            if (entry.folder()) {
                files.add(SavedFile.folder(entry.path()));
            } else if (entry.written() || mapped.contains(entry.path())) {
                files.add(SavedFile.written(entry.path(), length(entry, lengths)));
            } else {
                files.add(SavedFile.read(entry.path(), entry.size()));
            }
        }
        return files;
    }

    /** What is appended up to the moment of the dump shows in the position; what others had appended does not. */
    private static long length(FilesImage.Entry entry, Map<String, Long> lengths) {
        return entry.size() != FilesImage.Entry.UNKNOWN
                ? entry.size()
                : Math.max(entry.position(), lengths.getOrDefault(entry.path(), 0L));
    }

    /** The lengths of the files that are open, before the dump. */
    private static Map<String, Long> lengths(ProcessTree tree) throws IOException {
        Map<String, Long> lengths = new HashMap<>();
        for (ProcessTree.Descriptor descriptor : tree.descriptors()) {
            if (descriptor.target().startsWith("/") && Files.isRegularFile(Path.of(descriptor.target()))) {
                lengths.put(descriptor.target(), Files.size(Path.of(descriptor.target())));
            }
        }
        return lengths;
    }

    private static int requireOwnNamespace(ApplicationProcess application) throws HostStateException, IOException {
        if (application.pid() == 0 || !application.isAlive()) {
            throw new HostStateException("the application cannot be checkpointed", List.of("it has ended"));
        }
        if (namespace(Integer.toString(application.pid())).equals(namespace("self"))) {
            throw new HostStateException("the application cannot be checkpointed",
                    List.of("it was started without a process namespace of its own, so that its process id could be"
                            + " taken at a restart; launch it with --host criu"));
        }
        return application.pid();
    }

    private static String namespace(String pid) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/pid")).toString();
    }

    /** CRIU lets an application go when it fails; when CRIU itself was killed, the kernel may leave it stopped. */
    private static void letRun(ProcessTree tree, Set<Integer> stoppedBefore) {
        for (int pid : stopped(tree)) {
            if (!stoppedBefore.contains(pid)) {
                Posix.kill(pid, SignalNumbers.SIGCONT);
            }
        }
    }

    private static Set<Integer> stopped(ProcessTree tree) {
        return tree.pids().stream().filter(ApplicationProcess::isStopped).collect(Collectors.toUnmodifiableSet());
    }

    private static void empty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }
}
