package dev.cryo.proxy.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.image.ImageKey;
import dev.cryo.streamlog.image.ImageKeys;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.ImageWriter;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.SectionWriter;
import dev.cryo.streamlog.log.LogCodec;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What the commands that look at images print, and what they make of images that cannot be used. */
class ImageCommandsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SETTINGS = """
            {"command": ["java", "App"], "environment": {}, "workingDirectory": "/", "device": "PTX", "host": "APP",
             "inProcess": false, "intervalMillis": 0, "onFailure": "STOP", "closeTcp": false, "keepLog": true,
             "portableCpu": false, "unifiedMemory": "PAGES", "timeoutMillis": 1000}
            """;
    private static final long ADDRESS = 0x1000_0000_0000L;

    @TempDir
    Path home;

    private Path job;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void createJob() throws IOException {
        job = Files.createDirectories(home.resolve("jobs/training"));
        Files.writeString(job.resolve("job.json"), SETTINGS);
        commit();
        commit();
    }

    private void commit() throws IOException {
        commit(LogCodec.encode(List.of(new Call.CtxCreate(1, 2, 0, 0, false), new Call.MemMap(ADDRESS, 1, 8192))));
    }

    private void commit(byte[] log) throws IOException {
        commit(ImageStore.in(job.resolve("images")), log);
    }

    private static void commit(ImageStore store, byte[] log) throws IOException {
        commit(store, log, new byte[0], new byte[0]);
    }

    /** An image with another log and, where they are not empty, another state of the device and a thread. */
    private static void commit(ImageStore store, byte[] log, byte[] state, byte[] thread) throws IOException {
        try (ImageWriter image = store.begin();
                SectionWriter sections = image.sections("device")) {
            byte value = (byte) image.number(); // Each image has a block of its own.
            sections.memory(Section.DEVICE, List.of(new LowerHalf.Range(ADDRESS, 8192)), (address, into) ->
                    into.fill(value));
            if (state.length == 0) {
                sections.record(Section.DEVICE_STATE, new LowerHalf.DeviceState(value, List.of()));
            } else {
                sections.bytes(Section.DEVICE_STATE, state);
            }
            if (thread.length > 0) {
                sections.bytes("host/core-1.img", thread);
            }
            sections.bytes(Section.LOG, log);
            image.add(sections.finish());
            image.commit(info());
        }
    }

    private static JobInfo info() {
        return info(JobInfo.HostMode.APP);
    }

    private static JobInfo info(JobInfo.HostMode host) {
        return new JobInfo(
                "training",
                "1.0",
                JobInfo.Arrangement.PROXY,
                "ptx",
                host,
                List.of("java", "App"),
                List.of("LANG=C"),
                "/",
                List.of(
                        new JobInfo.Property("intervalMillis", "0"),
                        new JobInfo.Property("onFailure", "STOP"),
                        new JobInfo.Property("closeTcp", "false"),
                        new JobInfo.Property("portableCpu", "false"),
                        new JobInfo.Property("timeoutMillis", "1000"),
                        new JobInfo.Property("pauseNanos", "12345678"),
                        new JobInfo.Property("capturedBytes", "8192")));
    }

    private int run(String... arguments) {
        CommandLine line = Cryo.commandLine(Map.of("CRYO_HOME", home.toString()));
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    private void damage(long image) throws IOException {
        Path file = job.resolve("images/packs/" + image + "-device.pack");
        byte[] bytes = Files.readAllBytes(file);
        bytes[4096 + 100] ^= 1;
        Files.write(file, bytes);
    }

    @Test
    void imagesAreListedForPeople() {
        assertThat(run("images", "training")).isZero();
        assertThat(out.toString())
                .contains("IMAGE", "ADDED", "NEEDED")
                .containsPattern("\n +2 +\\S+ \\S+ +[0-9.]+ kB +[0-9.]+ kB +8\\.2 kB +12 ms +ptx +app");
    }

    @Test
    void imagesAreListedForPrograms() throws Exception {
        assertThat(run("images", "training", "--json")).isZero();
        JsonNode images = JSON.readTree(out.toString());
        assertThat(images).hasSize(2);
        assertThat(images.get(1).get("image").asLong()).isEqualTo(2);
        assertThat(images.get(1).get("pauseNanos").asLong()).isEqualTo(12345678);
        assertThat(images.get(1).get("deviceBytes").asLong()).isEqualTo(8192);
        assertThat(images.get(1).get("bytes").asLong()).isGreaterThan(8192);
        assertThat(images.get(1).get("problem").isNull()).isTrue();
    }

    @Test
    void theNewestImageIsInspectedUnlessAnotherIsNamed() throws Exception {
        assertThat(run("inspect", "training", "--json")).isZero();
        assertThat(JSON.readTree(out.toString()).get("number").asLong()).isEqualTo(2);
        out.getBuffer().setLength(0);
        assertThat(run("inspect", "training@1", "--json")).isZero();
        JsonNode image = JSON.readTree(out.toString());
        assertThat(image.get("number").asLong()).isEqualTo(1);
        assertThat(image.get("calls").get(1).get("name").asText()).isEqualTo("MemMap");
        assertThat(image.get("memory").get(0).get("bytes").asLong()).isEqualTo(8192);
        assertThat(image.get("allocations").get(0).get("kind").asText()).isEqualTo("device");
        assertThat(image.get("threads")).isEmpty();
    }

    @Test
    void inspectionForPeopleNamesCallsSectionsAndMemory() {
        assertThat(run("inspect", "training")).isZero();
        assertThat(out.toString())
                .contains("training@2, format 2")
                .contains("2 to replay: 1 CtxCreate, 1 MemMap")
                .contains("0x100000000000");
    }

    @Test
    void anImageThatIsNotThereIsNamed() {
        assertThat(run("inspect", "training@7")).isEqualTo(ExitCodes.UNKNOWN);
        assertThat(err.toString()).isEqualTo("cryo: job training has no image 7\n");
        err.getBuffer().setLength(0);
        assertThat(run("restart", "training@7")).isEqualTo(ExitCodes.UNKNOWN);
        assertThat(err.toString()).isEqualTo("cryo: job training has no image 7; it has [1, 2]\n");
    }

    @Test
    void aDamagedImageIsRefusedWithFileAndOffsetAndNothingIsStarted() throws Exception {
        damage(2);
        assertThat(run("inspect", "training")).isEqualTo(ExitCodes.IMAGE);
        assertThat(err.toString())
                .contains("damaged image: ")
                .contains("2-device.pack at offset 4096: expected CRC32C");
        RunningCryo restart = RunningCryo.start(home, "restart", "--prefault", "training");
        assertThat(restart.exitCode()).as(restart.err()).isEqualTo(ExitCodes.IMAGE);
        assertThat(restart.err())
                .contains("image 2 of job training cannot be used: damaged image: ")
                .contains("nothing was started; the newest other image is 1");
        assertThat(job.resolve("control.sock")).doesNotExist();
        assertThat(ProcessHandle.allProcesses().map(process -> process.info().commandLine().orElse("")))
                .as("processes that are left")
                .noneMatch(command -> command.contains(home.toString()));
    }

    @Test
    void aLogThatCannotBeDecodedIsToldBeforeAnythingIsStarted() throws Exception {
        commit(new byte[] {1, 0, 0, 0, -1, -1, -1, -1});
        assertThat(run("verify", "training")).isEqualTo(ExitCodes.IMAGE);
        assertThat(err.toString()).contains("training@3: damaged image: ").contains("expected a stream log");
        assertThat(run("inspect", "training")).isEqualTo(ExitCodes.IMAGE);
        RunningCryo restart = RunningCryo.start(home, "restart", "training");
        assertThat(restart.exitCode()).as(restart.err()).isEqualTo(ExitCodes.IMAGE);
        assertThat(restart.err())
                .contains("image 3 of job training cannot be used: damaged image: ")
                .contains("expected a stream log in section log")
                .contains("nothing was started; the newest other image is 2");
    }

    @Test
    void aDevicesStateThatCannotBeDecodedIsToldBeforeAnythingIsStarted() throws Exception {
        commit(ImageStore.in(job.resolve("images")), new byte[4], new byte[] {1, 2, 3}, new byte[0]);
        String message = "expected a record DeviceState in section device-state";
        for (String command : List.of("inspect", "verify")) {
            err.getBuffer().setLength(0);
            assertThat(run(command, "training")).as(command).isEqualTo(ExitCodes.IMAGE);
            assertThat(err.toString()).contains(message).hasLineCount(1);
        }
        RunningCryo restart = RunningCryo.start(home, "restart", "training");
        assertThat(restart.exitCode()).as(restart.err()).isEqualTo(ExitCodes.IMAGE);
        assertThat(restart.err()).contains(message).contains("nothing was started");
    }

    @Test
    void whatTheLowerHalfNeedsIsMissedBeforeAnythingIsStarted() throws Exception {
        try (ImageWriter image = ImageStore.in(job.resolve("images")).begin();
                SectionWriter sections = image.sections("host")) {
            sections.bytes(Section.LOG, new byte[4]);
            image.add(sections.finish());
            image.commit(info());
        }
        assertThat(run("verify", "training")).isEqualTo(ExitCodes.IMAGE);
        assertThat(err.toString()).endsWith("expected section device-state, found [log]\n").hasLineCount(1);
        RunningCryo restart = RunningCryo.start(home, "restart", "training");
        assertThat(restart.exitCode()).as(restart.err()).isEqualTo(ExitCodes.IMAGE);
        assertThat(restart.err())
                .contains("expected section device-state, found [log]; nothing was started");
    }

    @Test
    void aDescriptionOfProcessesThatIsNoneIsDamage() throws Exception {
        try (ImageWriter image = ImageStore.in(job.resolve("images")).begin();
                SectionWriter sections = image.sections("host")) {
            sections.memory(Section.DEVICE, List.of(), (address, into) -> { });
            sections.record(Section.DEVICE_STATE, new LowerHalf.DeviceState(1, List.of()));
            sections.bytes(Section.LOG, new byte[4]);
            sections.bytes("host/host.json", "none".getBytes(StandardCharsets.US_ASCII));
            image.add(sections.finish());
            image.commit(info(JobInfo.HostMode.CRIU));
        }
        assertThat(run("verify", "training")).isEqualTo(ExitCodes.IMAGE);
        assertThat(err.toString())
                .startsWith("cryo: training@3: damaged image: ")
                .contains("expected a description of processes in section host/host.json")
                .hasLineCount(1);
        RunningCryo restart = RunningCryo.start(home, "restart", "training");
        assumeTrue(restart.exitCode() != ExitCodes.UNAVAILABLE, "there is no CRIU");
        assertThat(restart.exitCode()).as(restart.err()).isEqualTo(ExitCodes.IMAGE);
        assertThat(restart.err())
                .contains("image 3 of job training cannot be used: damaged image: ")
                .contains("expected a description of processes in section host/host.json")
                .contains("nothing was started; the newest other image is 2");
    }

    @Test
    void aThreadThatIsNotAsCriuWritesItIsDamage() throws Exception {
        commit(ImageStore.in(job.resolve("images")), new byte[4], new byte[0], new byte[] {1, 2, 3});
        assertThat(run("inspect", "training")).isEqualTo(ExitCodes.IMAGE);
        assertThat(err.toString()).startsWith("cryo: damaged image: core-1.img ").hasLineCount(1);
    }

    /** Puts other letters into a manifest, as many as those had, and the checksum right again. */
    private void forge(long image, String from, String to) throws IOException {
        Path manifest = job.resolve("images/" + image + "/manifest");
        String text = Files.readString(manifest, StandardCharsets.ISO_8859_1).replace(from, to);
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length - 4);
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(bytes.length - 4, (int) crc.getValue());
        Files.write(manifest, bytes);
    }

    @Test
    void anImageWhoseNumbersAreNoneIsDamagedAndHidesNoOther() throws Exception {
        forge(1, "12345678", "1234567x");
        assertThat(run("images", "training")).isEqualTo(ExitCodes.IMAGE);
        assertThat(out.toString())
                .containsPattern("\n +2 +\\S+ \\S+ +[0-9.]+ kB +[0-9.]+ kB +8\\.2 kB +12 ms +ptx +app")
                .contains("image 1: damaged image: ")
                .endsWith("as property pauseNanos, found \"1234567x\"\n");
        for (String command : List.of("inspect", "verify", "restart")) {
            err.getBuffer().setLength(0);
            assertThat(run(command, "training@1")).as(command).isEqualTo(ExitCodes.IMAGE);
            assertThat(err.toString()).contains("damaged image: ").contains("found \"1234567x\"").hasLineCount(1);
        }
        assertThat(run("images", "gc", "training")).isZero();
    }

    @Test
    void settingsThatARestartCannotUseAreToldByAVerification() throws Exception {
        forge(1, "STOP", "STOB");
        for (String command : List.of("verify", "restart")) {
            err.getBuffer().setLength(0);
            assertThat(run(command, "training@1")).as(command).isEqualTo(ExitCodes.IMAGE);
            assertThat(err.toString()).contains("the image does not tell how its job was launched").hasLineCount(1);
        }
    }

    @Test
    void whatHasAPacksNameAndIsNoneIsNamedAndLeftAlone() throws Exception {
        Path link = Files.createSymbolicLink(job.resolve("images/packs/zz.pack"), Path.of("/nowhere"));
        assertThat(run("images", "gc", "training")).isZero();
        assertThat(out.toString()).isEqualTo("nothing to give back\n" + link
                + " is no pack but a link, a folder or the like: left alone\n");
        out.getBuffer().setLength(0);
        assertThat(run("images", "rm", "training@1")).isZero();
        assertThat(out.toString()).startsWith("removed images [1]\ngave back ").contains(link + " is no pack");
        assertThat(Files.isSymbolicLink(link)).isTrue();
    }

    @Test
    void oneImageAndAllAreNotAskedForAtOnce() {
        assertThat(run("verify", "training@1", "--all")).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).startsWith("either one image, as in training@3, or --all of training\n");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void aKeyThatIsNotThereIsToldAlikeByAllCommands() throws Exception {
        Path images = job.resolve("images");
        ImageKey key = ImageKey.of(new byte[ImageKey.BYTES]);
        commit(ImageStore.in(images, ImageKeys.of(Optional.of(key))), new byte[] {0, 0, 0, 0});
        String missing = home.resolve("no.key").toString();
        for (List<String> command : List.of(
                List.of("images", "training"),
                List.of("inspect", "training"),
                List.of("verify", "training"),
                List.of("images", "gc", "training"),
                List.of("restart", "training"))) {
            err.getBuffer().setLength(0);
            List<String> arguments = new ArrayList<>(command);
            arguments.addAll(List.of("--key-file", missing));
            assertThat(run(arguments.toArray(String[]::new))).as("%s", command).isEqualTo(ExitCodes.UNAVAILABLE);
            assertThat(err.toString()).endsWith("key file " + missing + " is not there\n");
        }
        Path other = Files.write(home.resolve("other.key"), "1".repeat(64).getBytes(StandardCharsets.US_ASCII));
        Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rw-------"));
        err.getBuffer().setLength(0);
        assertThat(run("verify", "training", "--key-file", other.toString())).isEqualTo(ExitCodes.IMAGE);
        assertThat(err.toString()).startsWith("cryo: training@3: not the key of this image: ");
    }

    @Test
    void anImageWithoutItsManifestIsShownAsUnusable() throws Exception {
        Files.delete(job.resolve("images/1/manifest"));
        assertThat(run("images", "training")).isEqualTo(ExitCodes.IMAGE);
        assertThat(out.toString()).contains("image 1: damaged image: ");
    }

    @Test
    void imagesAreVerifiedOneOrAll() throws Exception {
        assertThat(run("verify", "training")).isZero();
        assertThat(out.toString()).startsWith("training@2 is whole: ");
        damage(2);
        assertThat(run("verify", "training", "--all")).isEqualTo(ExitCodes.IMAGE);
        assertThat(out.toString()).contains("training@1 is whole: ");
        assertThat(err.toString()).startsWith("cryo: training@2: damaged image: ");
    }

    @Test
    void aRemovedImageIsGoneAndTheOthersAreWhole() throws Exception {
        assertThat(run("images", "rm", "training@1")).isZero();
        assertThat(out.toString()).contains("removed images [1]").contains("gave back ");
        assertThat(run("images", "rm", "training@1")).isEqualTo(ExitCodes.UNKNOWN);
        assertThat(err.toString()).isEqualTo("cryo: job training has no image 1; it has [2]\n");
        assertThat(run("verify", "training", "--all")).isZero();
        assertThat(out.toString()).contains("training@2 is whole: ");
        assertThat(job.resolve("images/packs/1-device.pack")).doesNotExist();
    }

    @Test
    void theNewestImagesAreKept() throws Exception {
        commit();
        assertThat(run("images", "rm", "training", "--keep", "1")).isZero();
        assertThat(out.toString()).contains("removed images [1, 2]");
        out.getBuffer().setLength(0);
        assertThat(run("images", "gc", "training")).isZero();
        assertThat(out.toString()).isEqualTo("nothing to give back\n");
    }

    @Test
    void whatWouldBeGivenBackIsToldWithoutDoingIt() throws Exception {
        ImageStore.in(job.resolve("images")).remove(1);
        assertThat(run("images", "gc", "training", "--dry-run")).isZero();
        assertThat(out.toString()).startsWith("would give back ");
        assertThat(job.resolve("images/packs/1-device.pack")).exists();
    }

    @Test
    void nothingIsGivenBackWhereAnImageCannotBeRead() throws Exception {
        ImageStore.in(job.resolve("images")).remove(2);
        Files.delete(job.resolve("images/1/manifest"));
        assertThat(run("images", "gc", "training")).isEqualTo(ExitCodes.FAILED);
        assertThat(err.toString()).startsWith("cryo: no room is given back: image 1 cannot be read");
        assertThat(job.resolve("images/packs/2-device.pack")).exists();
    }

    @Test
    void removingNeedsAnImageOrANumberToKeep() {
        assertThat(run("images", "rm", "training")).isEqualTo(2);
        assertThat(run("images", "rm", "training@1", "--keep", "1")).isEqualTo(2);
        assertThat(run("images")).isEqualTo(2);
        assertThat(ImageStore.in(job.resolve("images")).folder(1)).exists();
    }
}
