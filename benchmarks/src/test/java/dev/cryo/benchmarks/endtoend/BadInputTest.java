package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.CommandLine;
import dev.cryo.benchmarks.job.TrainerOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is wrong is said, by name and with what to do, and nothing is started. */
class BadInputTest extends InWorkplace {
    private static final String JOB = "training";
    private static final List<String> TRAINING = Applications.trainer("--epochs", "200", "--pause-ms", "20");

    @Test
    void anUnknownJobIsNamed() throws Exception {
        for (String command : List.of("checkpoint", "restart", "images", "inspect", "stop")) {
            Child child = place.run(command, "nobody");

            assertThat(child.exitCode(SOON)).as(command).isNotZero();
            assertThat(child.err().text()).as(command).contains("no job nobody");
        }
    }

    @Test
    void anUnknownCommandAndAWrongOptionAreAnsweredByTheUsage() throws Exception {
        assertThat(place.run("frobnicate").exitCode(SOON)).isEqualTo(2);
        assertThat(place.run("launch", "--device", "abacus", "--", "true").err().text()).contains("abacus");
        assertThat(place.run("launch").exitCode(SOON)).isEqualTo(2);
        assertThat(place.run("--help").succeed(SOON).out().text()).contains("demo", "bench", "launch");
    }

    @Test
    @NeedsCriu
    void anUnknownImageAndASecondJobOfTheSameNameAreRefused() throws Exception {
        Child launched = place.launch(JOB, List.of(), TRAINING);
        TrainerOutput.awaitEpoch(launched, 1, RUN);
        place.checkpoint(JOB);

        Child second = place.launch(JOB, List.of(), TRAINING);
        assertThat(second.exitCode(SOON)).isNotZero();
        assertThat(second.err().text()).contains("job training is running").contains("cryo stop training");
        Child restarted = place.run("restart", JOB);
        assertThat(restarted.exitCode(SOON)).isNotZero();
        assertThat(restarted.err().text()).contains("job training is running");
        assertThat(launched.isAlive()).isTrue();

        place.run("stop", JOB).succeed(SOON);
        assertThat(launched.exitCode(SOON)).isNotZero();
        Child unknown = place.run("restart", JOB + "@7");
        assertThat(unknown.exitCode(SOON)).isNotZero();
        assertThat(unknown.err().text()).contains("no image 7");
        Child malformed = place.run("restart", JOB + "@seven");
        assertThat(malformed.exitCode(SOON)).isNotZero();
        assertThat(malformed.err().text()).contains("seven");
    }

    @Test
    @NeedsCriu
    void aRestartThatIsRefusedLeavesTheSettingsAsTheyWere() throws Exception {
        Child launched = place.launch(JOB, List.of(), TRAINING);
        TrainerOutput.awaitEpoch(launched, 1, RUN);
        place.checkpoint(JOB);
        place.run("stop", "--no-checkpoint", JOB).succeed(SOON);
        Path settings = place.job(JOB).resolve("job.json");
        String before = Files.readString(settings);
        Path packs = place.job(JOB).resolve("images/packs");
        Path aside = Files.move(packs, packs.resolveSibling("aside"));

        Child refused = place.run("restart", JOB, "--interval", "1h");
        assertThat(refused.exitCode(SOON)).isNotZero();
        assertThat(refused.err().text()).contains("nothing was started");
        assertThat(settings).hasContent(before);

        Files.move(aside, packs);
        Child restarted = place.start("restart", JOB, "--interval", "1h");
        TrainerOutput.awaitEpoch(restarted, 5, RUN);
        assertThat(Files.readString(settings)).isNotEqualTo(before).contains("3600");
    }

    /** By the parts that only a store needs, which lie apart from the class path. */
    @Test
    void aStoreThatDoesNotAnswerIsNamed() throws Exception {
        CommandLine cryo = place.cryo().after(
                "env",
                "AWS_ENDPOINT_URL_S3=http://127.0.0.1:9",
                "AWS_ACCESS_KEY_ID=id",
                "AWS_SECRET_ACCESS_KEY=secret");
        Child child = place.start(cryo, List.of("images", JOB, "--store", "s3://bucket/x"));
        assertThat(child.exitCode(SOON)).isEqualTo(69);
        assertThat(child.err().text()).startsWith("cryo: cannot list x/training/images/ in s3://bucket/x at"
                + " http://127.0.0.1:9: the store does not answer (ConnectException: Connection refused)");
    }

    @Test
    void anApplicationOnAnOlderJavaIsNamed() throws Exception {
        Path older = olderJava();
        List<String> command = new ArrayList<>(TRAINING);
        command.set(0, older.toString());

        Child launched = place.launch(JOB, List.of("--host", "app"), command);

        assertThat(launched.exitCode(SOON)).isNotZero();
        assertThat(launched.err().text()).contains("Java 17").contains("25");
    }

    @Test
    void anOlderJavaThatAScriptStartsIsNamedToo() throws Exception {
        String command = "exec " + olderJava() + " -version";

        Child launched = place.launch(JOB, List.of("--host", "app"), List.of("bash", "-c", command));

        assertThat(launched.exitCode(SOON)).isNotZero();
        assertThat(launched.err().text())
                .contains("no JVM of this application has connected")
                .contains("must be Java 25");
    }

    private static Path olderJava() throws IOException {
        try (Stream<Path> folders = Files.list(Path.of("/usr/lib/jvm"))) {
            List<Path> found = folders.filter(folder -> folder.getFileName().toString().contains("17"))
                    .map(folder -> folder.resolve("bin/java"))
                    .filter(Files::isExecutable)
                    .toList();
            assumeTrue(!found.isEmpty(), "there is no Java 17 in /usr/lib/jvm");
            return found.getFirst();
        }
    }

    @Test
    void aCriuThatFailsItsCheckIsNamedAndTheOtherWayOffered() throws Exception {
        String script = "#!/bin/sh\necho 'Error: no such luck'\nexit 1\n";
        Path broken = Files.writeString(place.home().resolve("criu"), script);
        assertThat(broken.toFile().setExecutable(true)).isTrue();
        refusesCriu(place.cryo().with("CRYO_CRIU", broken.toString()), "no such luck");
    }

    @Test
    void anOrdinaryUserIsToldThatCriuNeedsRootAndWhatGoesWithout() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "the test runs as an ordinary user itself");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "setpriv is not installed");
        refusesCriu(
                place.cryo()
                        .with("CRYO_HOME", place.home().toString())
                        .after("setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"),
                "root");
    }

    private void refusesCriu(CommandLine cryo, String reason) throws Exception {
        List<String> words = new ArrayList<>(List.of("launch", "--name", JOB, "--"));
        words.addAll(TRAINING);
        Child launched = place.start(cryo, words);

        assertThat(launched.exitCode(SOON)).isNotZero();
        assertThat(launched.err().text()).contains("CRIU").contains(reason).contains("--host app");
        assertThat(launched.out().texts()).isEmpty();

        Child demo = place.start(cryo, List.of("demo"));
        assertThat(demo.exitCode(SOON)).isNotZero();
        assertThat(demo.err().text()).contains("CRIU").contains(reason).contains("--host app");
    }
}
