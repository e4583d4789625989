package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cryo.benchmarks.gpu.Holder;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.CommandLine;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Jobs whose device memory is still in their image when they run again, of 512 MiB. */
@NeedsCriu
class LazyRestartTest extends InWorkplace {
    private static final String JOB = "holder";
    private static final int IMAGE_UNUSABLE = 65;
    /** Changes the first blocks alone, so that the last ones are not soon used. */
    private static final List<String> HOLDER =
            Applications.java(Holder.class, "--mib", "512", "--stride", "32", "--round-ms", "5");

    private long checkpointed(String... options) throws Exception {
        Child launched = place.launch(JOB, List.of(options), HOLDER);
        launched.out().await("round ", RUN);
        long image = place.checkpoint(JOB).image();
        place.kill(JOB);
        launched.exitCode(SOON);
        return image;
    }

    private static void awaitRound(Child holder) throws Exception {
        holder.out().await("round ", RUN);
    }

    private static void verify(Child holder) throws Exception {
        holder.write("verify\n");
        holder.out().await("verified ", RUN);
    }

    @Test
    void whatIsSavedRightAfterARestartIsExactThoughItWasNotAllRead() throws Exception {
        checkpointed();
        Child restarted = place.start("restart", JOB);
        place.awaitRunning(JOB, restarted, SOON);
        long second = place.checkpoint(JOB).image();
        place.kill(JOB);
        restarted.exitCode(SOON);
        ImageStore images = ImageStore.in(place.job(JOB).resolve("images")).waiting(SOON);
        assertThat(images.addedBytes(second)).isLessThan(128L << 20);
        images.remove(1);
        images.collect(false);

        Child again = place.start("restart", JOB);
        awaitRound(again);
        verify(again);
        place.run("verify", JOB).succeed(SOON);
    }

    @Test
    void theImageCanBeRemovedBeneathTheJobThatReadsFromIt() throws Exception {
        checkpointed();
        Child restarted = place.start("restart", JOB);
        place.awaitRunning(JOB, restarted, SOON);
        ImageStore images = ImageStore.in(place.job(JOB).resolve("images")).waiting(SOON);
        images.remove(1);
        assertThat(images.collect(false).bytes()).isGreaterThan(512L << 20);
        assertThat(heldPacks()).as("packs of which something is still to be read").isNotEmpty();

        verify(restarted);

        long end = System.nanoTime() + SOON.toNanos();
        while (!heldPacks().isEmpty() && System.nanoTime() < end) {
            Thread.sleep(50);
        }
        assertThat(heldPacks()).as("packs that are held for nothing").isEmpty();
        assertThat(place.checkpoint(JOB).image()).isEqualTo(2);
        verify(restarted);
    }

    /** Packs that processes of the job have open. */
    private List<String> heldPacks() throws IOException {
        List<String> found = new ArrayList<>();
        for (long process : place.processes()) {
            try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + process + "/fd"))) {
                for (Path descriptor : descriptors.toList()) {
                    target(descriptor).filter(name -> name.contains(".pack")).ifPresent(found::add);
                }
            } catch (NoSuchFileException e) {
                continue; // The process has ended.
            }
        }
        return found;
    }

    private static Optional<String> target(Path descriptor) throws IOException {
        try {
            return Optional.of(Files.readSymbolicLink(descriptor).toString());
        } catch (NoSuchFileException e) {
            return Optional.empty(); // It has been closed.
        }
    }

    @Test
    @Tag("soak")
    void anImageThatMayOnlyBeReadWillDo() throws Exception {
        checkpointed();
        Path images = place.job(JOB).resolve("images");
        String onlyToRead = "mount --bind " + images + " " + images + " && mount -o remount,bind,ro " + images
                + " && exec \"$@\"";
        CommandLine cryo = place.cryo().after("unshare", "-m", "sh", "-c", onlyToRead, "sh");
        assumeTrue(new ProcessBuilder("unshare", "-m", "true").start().waitFor() == 0, "no namespaces can be made");
        Child restarted = place.start(cryo, List.of("restart", JOB));
        awaitRound(restarted);
        verify(restarted);
    }

    /** Damages the last block of the device's memory. */
    private void damage() throws IOException {
        Path pack = place.job(JOB).resolve("images/packs/1-device.pack");
        try (RandomAccessFile file = new RandomAccessFile(pack.toFile(), "rw")) {
            long at = file.length() - (1 << 20);
            file.seek(at);
            int old = file.read();
            file.seek(at);
            file.write(old ^ 4);
        }
    }

    @Test
    void damageThatIsMetLateEndsTheJobAndSaysWhere() throws Exception {
        checkpointed();
        damage();

        Child restarted = place.start("restart", JOB);

        assertThat(restarted.exitCode(RUN)).as(restarted.printed()).isEqualTo(IMAGE_UNUSABLE);
        assertThat(restarted.err().text())
                .contains("its memory cannot be read from the image")
                .contains("1-device.pack at offset ")
                .contains("expected CRC32C ")
                .contains("section device");
        assertThat(place.run("ps", "--json").out().text()).contains("1-device.pack at offset ");
        Child prefaulted = place.run("restart", "--prefault", JOB);
        assertThat(prefaulted.exitCode(SOON)).isEqualTo(IMAGE_UNUSABLE);
        assertThat(prefaulted.err().text()).contains("1-device.pack at offset ").contains("nothing was started");
        assertThat(prefaulted.out().texts()).isEmpty();
    }

    @Test
    @Tag("soak")
    void aJobThatComesBackByItselfDoesNotComeBackFromADamagedImageForEver() throws Exception {
        checkpointed();
        damage();

        Child restarted = place.start("restart", "--on-failure", "restart", JOB);

        assertThat(restarted.exitCode(RUN)).as(restarted.printed()).isEqualTo(IMAGE_UNUSABLE);
        assertThat(restarted.err().text()).containsOnlyOnce("runs again from image").contains("nothing was started");
    }

    @Test
    @Tag("soak")
    void damageIsMetLateInTheApplicationsOwnProcessToo() throws Exception {
        checkpointed("--in-process", "--host", "app");
        damage();

        Child restarted = place.start("restart", JOB);

        assertThat(restarted.exitCode(RUN)).as(restarted.printed()).isEqualTo(IMAGE_UNUSABLE);
        assertThat(restarted.err().text()).contains("1-device.pack at offset ").contains("expected CRC32C ");
    }
}
