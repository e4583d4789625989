package dev.cryo.proxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.proxy.store.MemoryBucket;
import dev.cryo.proxy.store.RemoteImages;
import dev.cryo.proxy.store.StoreUrl;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.ImageWriter;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.SectionWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Which jobs share what they store, and what commands say of it. */
class SharedImagesTest {
    private static final int BYTES = 200_000;
    private static final String SHARED =
            "{\"writerThreads\": 1, \"compress\": true, \"keep\": 0, \"sharesWith\": \"sim\"}";

    @TempDir
    Path home;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void createRanks() throws Exception {
        create("sim-0", SHARED, false);
        create("sim-1", SHARED, false);
        commit("sim-0");
    }

    private void create(String name, String images, boolean inProcess) throws IOException {
        Path job = Files.createDirectories(home.resolve("jobs").resolve(name));
        Files.writeString(job.resolve("job.json"), """
                {"command": ["java", "App"], "environment": {}, "workingDirectory": "/", "device": "PTX",
                 "host": "APP", "inProcess": %s, "intervalMillis": 0, "onFailure": "STOP", "closeTcp": false,
                 "keepLog": true, "portableCpu": false, "unifiedMemory": "PAGES", "timeoutMillis": 1000, "images": %s}
                """.formatted(inProcess, images));
    }

    private ImageStore images(String job) throws Exception {
        return JobFolder.named(job, Map.of("CRYO_HOME", home.toString())).images();
    }

    /** Commits an image of memory that is the same in every rank. */
    private long commit(String job) throws Exception {
        JobInfo info = new JobInfo(
                job, "1", JobInfo.Arrangement.PROXY, "ptx", JobInfo.HostMode.APP, List.of("java"), List.of(), "/",
                List.of());
        byte[] contents = contents();
        try (ImageWriter image = images(job).begin(); SectionWriter sections = image.sections("device")) {
            sections.memory(Section.DEVICE, List.of(new LowerHalf.Range(0, BYTES)), (address, into) ->
                    MemorySegment.copy(
                            contents, (int) address, into, ValueLayout.JAVA_BYTE, 0, (int) into.byteSize()));
            image.add(sections.finish());
            image.commit(info);
            return images(job).addedBytes(image.number());
        }
    }

    private static byte[] contents() {
        byte[] bytes = new byte[BYTES];
        new Random(5).nextBytes(bytes);
        return bytes;
    }

    private static void assertIsWhole(ImageStore store, long number) throws IOException {
        try (ImageReader image = store.read(number)) {
            image.verifyAll((done, of) -> {});
            MemorySegment read = MemorySegment.ofArray(new byte[BYTES]);
            image.readInto(Section.DEVICE, 0, read);
            assertThat(read.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(contents());
        }
    }

    private int run(String... arguments) {
        CommandLine line = Cryo.commandLine(Map.of("CRYO_HOME", home.toString()));
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    @Test
    void whatOneRankHasIsNotWrittenByAnother() throws Exception {
        assertThat(commit("sim-1")).isLessThan(1000);
        assertIsWhole(images("sim-1"), 1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "{\"writerThreads\": 1, \"compress\": true, \"keep\": 0, \"sharesWith\": \"other\"}; false",
        "{\"writerThreads\": 1, \"compress\": true, \"keep\": 0}; false",
        "{\"writerThreads\": 1, \"compress\": false, \"keep\": 0, \"sharesWith\": \"sim\"}; false",
        "{\"writerThreads\": 1, \"compress\": true, \"keep\": 0, \"sharesWith\": \"sim\"}; true"
    })
    void jobsOfAnotherGroupOrOfAnotherFormShareNothing(String images, boolean inProcess) throws Exception {
        create("another", images, inProcess);
        assertThat(commit("another")).isGreaterThan(BYTES);
    }

    @Test
    void aJobWhoseSettingsCannotBeReadIsLeftOut() throws Exception {
        Files.writeString(home.resolve("jobs/sim-0/job.json"), "{");
        assertThat(commit("sim-1")).isGreaterThan(BYTES);
    }

    @Test
    void removalsTellWhatTheDiskReallyGetsBack() throws Exception {
        commit("sim-1");
        assertThat(run("images", "rm", "sim-0@1")).isZero();
        assertThat(out.toString()).isEqualTo("""
                removed images [1]
                other jobs need what this one let go, of 1 file
                """);
        out.getBuffer().setLength(0);
        images("sim-1").remove(1);
        assertThat(run("images", "gc", "sim-1", "--dry-run")).isZero();
        assertThat(out.toString()).isEqualTo("would give back 204.9 kB, of 1 file\n");
        out.getBuffer().setLength(0);
        assertThat(run("images", "gc", "sim-1")).isZero();
        assertThat(out.toString()).isEqualTo("gave back 204.9 kB, of 1 file\n");
        try (Stream<Path> packs = Files.list(home.resolve("jobs/sim-1/images/packs"))) {
            assertThat(packs).isEmpty();
        }
    }

    @Test
    void anImageOfSharedPacksIsWholeInAStoreAndComesBackFromThere() throws Exception {
        commit("sim-1");
        MemoryBucket bucket = new MemoryBucket();
        try (RemoteImages remote = new RemoteImages(bucket, StoreUrl.parse("s3://bucket"), "sim-1")) {
            remote.upload(images("sim-1").carry(1));
            ImageStore elsewhere = ImageStore.in(home.resolve("elsewhere"));
            remote.fetch(1, elsewhere);
            assertIsWhole(elsewhere, 1);
        }
    }

    @Test
    void aGroupHasANameLikeAJob() {
        assertThat(run("launch", "--shares-with", "../sim", "--", "java", "App")).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).isEqualTo("cryo: --shares-with takes letters, digits, and . _ - between them,"
                + " at most 64, not \"../sim\"\n");
    }
}
