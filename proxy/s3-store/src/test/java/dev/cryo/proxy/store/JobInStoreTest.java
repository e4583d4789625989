package dev.cryo.proxy.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A job whose images go to a store, by the command line, as users do it. */
@Timeout(180)
class JobInStoreTest {
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);
    @TempDir
    static Path shared;

    private static Server server;
    private static int jobs;

    @TempDir
    Path folder;

    private final List<Process> started = new ArrayList<>();
    private final String prefix = "jobs" + jobs++;
    private final String store = "s3://bucket/" + prefix;
    private int outputs;

    @BeforeAll
    static void startServer() throws Exception {
        server = Server.start(shared);
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.close();
    }

    @AfterEach
    void endAll() throws Exception {
        for (Process process : started) {
            List<ProcessHandle> all = process.descendants().toList();
            process.destroyForcibly().waitFor();
            all.forEach(ProcessHandle::destroyForcibly);
        }
    }

    /** A command and its output. */
    private record Command(Process process, Path out, Path err) {
        String said() throws IOException {
            return Files.readString(out) + Files.readString(err);
        }

        int code() throws InterruptedException, IOException {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ends in time: " + said()).isTrue();
            return process.exitValue();
        }

        void await(String text) throws IOException, InterruptedException {
            JobInStoreTest.await(() -> said().contains(text), this);
        }
    }

    /** Something that comes to be. */
    @FunctionalInterface
    private interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    private static void await(Condition condition, Command told) throws IOException, InterruptedException {
        long end = System.nanoTime() + LIMIT_NANOS;
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as(told.said()).isLessThan(end);
            Thread.sleep(50);
        }
    }

    private Command cryo(String home, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dcryo.dist=" + Path.of("..", "target", "dist").toAbsolutePath().normalize(),
                "-cp",
                withoutServer(),
                "dev.cryo.proxy.cli.Cryo"));
        command.addAll(List.of(arguments));
        Path out = folder.resolve("out" + ++outputs);
        Path err = folder.resolve("err" + outputs);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().putAll(Server.environment(server.port()));
        builder.environment().put("CRYO_HOME", folder.resolve(home).toString());
        Process process = builder.start();
        started.add(process);
        return new Command(process, out, err);
    }

    /** What a command line has, and the module under test; the server's own libraries are not for it. */
    private static String withoutServer() {
        Predicate<String> server = Predicate.<String>not(entry -> entry.contains("logback"))
                .and(entry -> !entry.contains("s3proxy"));
        return String.join(
                ":",
                Stream.of(System.getProperty("java.class.path").split(":")).filter(server).toList());
    }

    private Command launch(String home, String... options) throws IOException {
        List<String> arguments =
                new ArrayList<>(List.of("launch", "--name", "job", "--host", "app", "--store", store));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of(
                "--",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                Path.of("target", "test-classes").toAbsolutePath().toString(),
                "dev.cryo.proxy.store.CountingApp"));
        return cryo(home, arguments.toArray(String[]::new));
    }

    private Path object(String name) {
        return server.object(prefix + "/job/" + name);
    }

    @Test
    void aJobComesBackOnAnotherMachineFromTheStoreAlone() throws Exception {
        Command job = launch("one", "--keep", "1");
        job.await("ready null us-east-1"); // The region is no secret.
        for (int i = 1; i <= 2; i++) {
            Command checkpoint = cryo("one", "checkpoint", "job", "--uploaded", "60s");
            assertThat(checkpoint.code()).as(checkpoint.said()).isZero();
        }
        await(() -> !Files.exists(object("images/1/manifest")), job);
        assertThat(object("images/2/manifest")).exists();
        assertThat(Files.readString(object("images/2/manifest"), StandardCharsets.ISO_8859_1))
                .doesNotContain(Server.SECRET);
        assertThat(Files.readString(folder.resolve("one/jobs/job/job.json"))).doesNotContain(Server.SECRET);
        Command listed = cryo("two", "images", "job", "--store", store, "--json");
        assertThat(listed.code()).as(listed.said()).isZero();
        assertThat(listed.said()).contains("\"image\":2,").doesNotContain("\"image\":1,");
        assertThat(cryo("two", "verify", "job", "--store", store, "--all").code()).isZero();
        job.process().destroyForcibly().waitFor();

        Command second = launch("two");
        assertThat(second.code()).isEqualTo(73);
        assertThat(second.said()).contains(store + " has images [2] of a job job that ran on another"
                + " machine: bring that back by `cryo restart --store " + store + " job`");

        Command restart = cryo("two", "restart", "--store", store, "job");
        restart.await("job job runs again from image 2");
        restart.await("ready");
        Command stop = cryo("two", "stop", "job");
        assertThat(stop.code()).as(stop.said()).isZero();
        assertThat(stop.said()).contains("job@3");
        assertThat(object("images/3/manifest")).exists();
        restart.code();
        assertThat(cryo("two", "images", "rm", "job@3", "--store", store).code()).isZero();
        assertThat(object("images/3/manifest")).doesNotExist();
    }

    @Test
    @Tag("soak")
    void aStoreThatGoesAwayHoldsNothingUpAndGetsTheImagesWhenItIsBack() throws Exception {
        Command job = launch("one");
        job.await("ready");
        server.stop();
        Command checkpoint = cryo("one", "checkpoint", "job", "--uploaded", "3s");
        assertThat(checkpoint.code()).as(checkpoint.said()).isEqualTo(75);
        assertThat(checkpoint.said()).contains("job@1", "image 1 is not in " + store + " yet: cannot ")
                .contains("the store does not answer (ConnectException: Connection refused)");
        Command plain = cryo("one", "checkpoint", "job");
        assertThat(plain.code()).as(plain.said()).isZero();
        assertThat(ps()).contains("job: images [1, 2] are not in " + store + " yet: cannot ");
        server.startAgain();
        job.await("all images are in " + store + " now");
        assertThat(object("images/1/manifest")).exists();
        assertThat(object("images/2/manifest")).exists();
        assertThat(ps()).contains("job  running").doesNotContain("yet");
    }

    @Test
    @Tag("soak")
    void aDamagedObjectKeepsAJobFromBeingRestartedFromIt() throws Exception {
        Command job = launch("one");
        job.await("ready");
        assertThat(cryo("one", "checkpoint", "job", "--uploaded", "60s").code()).isZero();
        job.process().getOutputStream().close();
        assertThat(job.code()).isEqualTo(3);
        try (Stream<Path> packs = Files.list(object("images/packs"))) {
            Path pack = packs.findFirst().orElseThrow();
            byte[] bytes = Files.readAllBytes(pack);
            bytes[4100] ^= 1;
            Files.write(pack, bytes);
        }
        Command restart = cryo("two", "restart", "--store", store, "job");
        assertThat(restart.code()).isEqualTo(65);
        assertThat(restart.said()).contains("is damaged", "at offset 4096: expected CRC32C", ", found ");
        Command verify = cryo("two", "verify", "job", "--store", store);
        assertThat(verify.code()).isEqualTo(65);
        assertThat(verify.said()).contains("cryo: job@1: " + store + "/job/images/packs/");
    }

    @Test
    @Tag("soak")
    void anEndDoesNotWaitForeverAndTheNextStartUploadsWhatIsLeft() throws Exception {
        Command job = launch("one");
        job.await("ready");
        assertThat(cryo("one", "checkpoint", "job", "--uploaded", "60s").code()).isZero();
        server.stop();
        signal(job, "TERM");
        job.await("the images are being uploaded; SIGTERM leaves that to the job's next start");
        assertThat(ps()).contains("job  ended", "job: images [2] are not in " + store + " yet");
        signal(job, "TERM");
        job.code();
        assertThat(job.said()).contains("image 2 is not in " + store + " yet: cannot ");
        Command unreachable = cryo("one", "restart", "job"); // Which keeps no job from coming back.
        unreachable.await("job job runs again from image 2");
        server.startAgain();
        unreachable.await("all images are in " + store + " now");
        assertThat(object("images/2/manifest")).exists();
    }

    private String ps() throws IOException, InterruptedException {
        Command ps = cryo("one", "ps");
        assertThat(ps.code()).as(ps.said()).isZero();
        return ps.said();
    }

    private static void signal(Command command, String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(command.process().pid())).start().waitFor();
    }

    @Test
    void whatIsWrongWithAStoreIsToldBeforeTheApplicationStarts() throws Exception {
        Command noBucket = cryo("one", "launch", "--store", "s3://nowhere/x", "--host", "app", "--", "echo", "started");
        assertThat(noBucket.code()).isEqualTo(69);
        assertThat(noBucket.said()).contains("there is no bucket nowhere").doesNotContain("started");
        Command noUrl = cryo("one", "launch", "--store", "bucket", "--host", "app", "--", "echo", "started");
        assertThat(noUrl.code()).isEqualTo(2);
        assertThat(noUrl.said()).contains("it takes s3://BUCKET or s3://BUCKET/PREFIX").doesNotContain("started");
        Command nothing = cryo("one", "restart", "--store", store, "job");
        assertThat(nothing.code()).isEqualTo(66);
        assertThat(nothing.said()).contains(store + " has no image of a job job");
    }
}
