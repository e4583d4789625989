package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.apps.HeldHeap;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.Signals;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Jobs whose heap, of 320 MiB, is still in their image when they run again. */
@NeedsCriu
class LazyHostTest extends InWorkplace {
    private static final String JOB = "heap";
    private static final int IMAGE_UNUSABLE = 65;
    private static final String LATER = "all of the application's memory is here";

    private String expected = "";
    private int asked;

    private static List<String> application(String... options) {
        List<String> words = new ArrayList<>(Applications.java(HeldHeap.class, "--mib", "320"));
        words.replaceAll(word -> word.equals("-Xmx256m") ? "-Xmx640m" : word);
        words.addAll(1, List.of(options));
        return words;
    }

    private void checkpointed(List<String> launch, String... options) throws Exception {
        Child launched = place.launch(JOB, launch, application(options));
        launched.out().await("ready", RUN);
        expected = ask(launched, "verify");
        place.checkpoint(JOB);
        place.kill(JOB);
        launched.exitCode(SOON);
    }

    /** Each question has a number of its own, so that no earlier answer is taken for its. */
    private String ask(Child heap, String what) throws Exception {
        String line = what + " " + ++asked;
        heap.write(line + "\n");
        String answer = heap.out().await(line + "! ", RUN).text();
        return answer.substring(answer.indexOf('!'));
    }

    private void assertExact(Child restarted) throws Exception {
        assertThat(ask(restarted, "verify")).isEqualTo(expected).contains(" objects, ");
    }

    private String log() throws IOException {
        return Files.readString(place.job(JOB).resolve("supervisor.log"));
    }

    @Test
    void aHeapIsExactAndCanBeCollectedWhileItComes() throws Exception {
        checkpointed(List.of());
        Child restarted = place.start("restart", JOB);
        place.awaitRunning(JOB, restarted, SOON);
        ask(restarted, "collect");
        ask(restarted, "replace");
        assertExact(restarted);
        ask(restarted, "collect");
        assertExact(restarted);
        assertThat(log()).containsOnlyOnce(LATER);
    }

    @Test
    void whatIsSavedRightAfterARestartIsAllOfIt() throws Exception {
        checkpointed(List.of());
        Child restarted = place.start("restart", JOB);
        place.awaitRunning(JOB, restarted, SOON);
        assertThat(place.checkpoint(JOB).image()).isEqualTo(2);
        ImageStore images = ImageStore.in(place.job(JOB).resolve("images")).waiting(SOON);
        images.remove(1);
        images.collect(false);
        place.kill(JOB);
        restarted.exitCode(SOON);
        assertThat(log()).containsOnlyOnce(LATER);

        Child again = place.start("restart", "--prefault", JOB);
        assertExact(again);
        assertThat(log()).as("prefaulted").containsOnlyOnce(LATER);
    }

    @Test
    void theApplicationDoesNotOutliveASupervisorThatHeldItsPages() throws Exception {
        checkpointed(List.of());
        Child restarted = place.start("restart", JOB);
        place.awaitRunning(JOB, restarted, SOON);
        Signals.send("KILL", restarted.pid());
        restarted.exitCode(SOON);
        long end = System.nanoTime() + SOON.toNanos();
        while (!place.processes().isEmpty() && System.nanoTime() < end) {
            Thread.sleep(10);
        }
        assertThat(place.processes()).isEmpty();
        assertThat(restarted.out().texts()).isEmpty();

        assertExact(place.start("restart", JOB));
    }

    @Test
    void damageThatIsMetLateEndsTheJobAndSaysWhere() throws Exception {
        checkpointed(List.of("--raw-images"));
        Path pack = place.job(JOB).resolve("images/packs/1-host.pack");
        try (RandomAccessFile file = new RandomAccessFile(pack.toFile(), "rw")) {
            long at = file.length() / 2; // Of a heap that is most of it.
            file.seek(at);
            int old = file.read();
            file.seek(at);
            file.write(old ^ 4);
        }

        Child restarted = place.start("restart", JOB);

        assertThat(restarted.exitCode(RUN)).as(restarted.printed()).isEqualTo(IMAGE_UNUSABLE);
        // The second where the rest is brought so soon that the job does not run yet.
        assertThat(restarted.err().text())
                .containsPattern("its memory cannot be read from the image|cannot be restarted from image 1")
                .contains("1-host.pack at offset ")
                .contains("section host/pages-");
        Child prefaulted = place.run("restart", "--prefault", JOB);
        assertThat(prefaulted.exitCode(SOON)).isEqualTo(IMAGE_UNUSABLE);
        assertThat(prefaulted.err().text()).contains("1-host.pack at offset ").contains("nothing was started");
    }

    @Test
    @Tag("soak")
    void aJobThatIsKilledComesBackLazilyFromAnEncryptedImageByItself() throws Exception {
        Path key = place.home().resolve("key");
        Files.createFile(key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(key, new byte[32]);
        checkpointed(List.of("--key-file", key.toString()), "-XX:+UseG1GC");
        Child restarted = place.start("restart", "--on-failure", "restart", JOB);
        place.awaitRunning(JOB, restarted, SOON);
        Signals.send("KILL", place.parts(JOB).application());
        restarted.err().await("the job goes back to image 1", RUN);
        assertExact(restarted);
        JobFile.await(place, JOB, status -> status.path("phase").asText().equals("RUNNING"), SOON);
        assertThat(log()).contains(LATER);
    }
}
