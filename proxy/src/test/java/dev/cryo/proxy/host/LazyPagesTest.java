package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.proxy.host.ApplicationCommand.Place;
import dev.cryo.proxy.host.LazyPages.Beside;
import dev.cryo.streamlog.image.ImageKeys;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.ImageWriter;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.SectionWriter;
import dev.cryo.streamlog.image.StoredFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** Memory of 160 MiB that is brought when it is used, of a program that also forks, moves and drops it. */
@Tag("criu")
class LazyPagesTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String RIGHT = "all pages are right";
    private static final List<String> PYTHONS = List.of("/usr/bin/python3", "/usr/local/bin/python3");

    private final HostState host = usable();

    @TempDir
    private Path folder;

    private Path work;
    private ImageStore store;
    private final CompletableFuture<Boolean> complete = new CompletableFuture<>();
    private final CompletableFuture<String> lost = new CompletableFuture<>();

    private static HostState usable() {
        try {
            return new HostState(Criu.usable(System.getenv()));
        } catch (HostStateException e) {
            throw new TestAbortedException(e.getMessage(), e);
        }
    }

    private static String python() {
        return PYTHONS.stream()
                .filter(each -> Files.isExecutable(Path.of(each)))
                .findFirst()
                .orElseThrow(() -> new TestAbortedException("there is no Python, of " + PYTHONS));
    }

    @BeforeEach
    void saveAProgramsMemory() throws Exception {
        work = folder.resolve("work");
        store = ImageStore.in(Files.createDirectories(folder.resolve("store")));
        Path program = Path.of(Objects.requireNonNull(LazyPagesTest.class.getResource("/memory.py")).toURI());
        StandardStreams streams = StandardStreams.create(folder.resolve("streams"));
        ApplicationProcess process = ApplicationProcess.start(
                new ApplicationCommand(
                        List.of(python(), "-u", program.toString()), Map.of(), folder, Place.APART),
                streams);
        try (Running running = Running.of(streams, process)) {
            assertThat(running.read()).isEqualTo("ready");
            save(running, folder.resolve("dump"));
        }
    }

    private void save(Running running, Path dump) throws Exception {
        host.dump(running.process, running.streams, DumpRequest.into(dump, work));
        JobInfo job = new JobInfo(
                "job", "1", JobInfo.Arrangement.PROXY, "ptx", JobInfo.HostMode.CRIU, List.of("python3"), List.of(), "/",
                List.of());
        try (ImageWriter image = store.begin();
                SectionWriter sections = image.sections("host");
                Stream<Path> files = Files.list(dump)) {
            for (Path file : files.sorted().toList()) {
                sections.file(Section.HOST + file.getFileName(), file);
            }
            image.add(sections.finish());
            image.commit(job);
        }
    }

    /** Unpacks the newest image, with the blocks alone that CRIU needs if it is to be restored lazily. */
    private HostImage unpack(Path target, boolean lazily) throws Exception {
        Files.createDirectories(target);
        try (ImageReader image = store.read(store.latest().orElseThrow())) {
            HostSections.require(image);
            List<String> names = image.manifest().sections().stream().map(LazyPagesTest::name).toList();
            image.unpack(
                    section -> !(lazily && PageFiles.isName(name(section))),
                    section -> Optional.of(target.resolve(name(section))),
                    (checked, of) -> { });
            for (String name : names.stream().filter(each -> lazily && PageFiles.isName(each)).toList()) {
                var blocks = PageFiles.blocksOfOthers(target, name, StoredFiles.BLOCK_BYTES);
                assertThat(blocks.cardinality()).as("blocks to unpack").isLessThan(20);
                image.copyTo(Section.HOST + name, target.resolve(name), blocks::get);
            }
        }
        return HostImage.read(target);
    }

    private static String name(Section section) {
        return section.name().substring(Section.HOST.length());
    }

    private LazyPages serve(HostImage image, Beside beside) throws IOException {
        StoredFiles files = StoredFiles.open(store.folder(store.latest().orElseThrow()), ImageKeys.NONE);
        return LazyPages.begin(image, files, work, new LazyPages.Listener() {
            @Override
            public void complete(long nanos) {
                complete.complete(nanos > 0);
            }

            @Override
            public void lost(String why) {
                lost.complete(why);
            }
        }, beside);
    }

    /** Uses a restored program, of whose memory nothing comes by itself. */
    private void whenRestored(Use use) throws Exception {
        HostImage image = unpack(folder.resolve("unpacked"), true);
        try (LazyPages pages = serve(image, Beside.NOTHING);
                Running restored = Running.restoreLazily(host, image, work, pages)) {
            use.of(restored);
            assertThat(lost).isNotDone();
        }
    }

    private interface Use {
        void of(Running restored) throws Exception;
    }

    @Test
    void everyPageComesWhenItIsTouchedAndThenNothingIsHeldAnyMore() throws Exception {
        whenRestored(restored -> {
            assertThat(complete).isNotDone();
            assertThat(guards()).isEqualTo(1);
            assertThat(restored.ask("grow")).isEqualTo("grown");
            assertThat(restored.ask("verify")).isEqualTo(RIGHT);
        });
        assertThat(guards()).isZero();
    }

    private static long guards() {
        return ProcessHandle.current().children()
                .filter(child -> child.info().commandLine().orElse("").contains("cryo-guard")
                        || child.info().command().orElse("").endsWith("sh"))
                .count();
    }

    @Test
    void aForkedChildSeesWhatItsParentHadNotTouched() throws Exception {
        whenRestored(restored -> {
            assertThat(restored.ask("fork")).isEqualTo("child 0");
            assertThat(restored.ask("verify")).isEqualTo(RIGHT);
            assertThat(restored.ask("fork")).isEqualTo("child 0");
        });
    }

    @Test
    void memoryThatMovesTakesWithItWhatIsMissing() throws Exception {
        whenRestored(restored -> {
            assertThat(restored.ask("move")).isEqualTo("moved");
            assertThat(restored.ask("verify")).isEqualTo(RIGHT);
        });
    }

    @Test
    void whatIsDroppedBeforeItCameIsZero() throws Exception {
        whenRestored(restored -> {
            assertThat(restored.ask("drop")).isEqualTo("dropped");
            assertThat(restored.ask("verify")).isEqualTo(RIGHT);
        });
    }

    @Test
    void allOfItComesByItselfAndCanBeSavedAgain() throws Exception {
        HostImage image = unpack(folder.resolve("unpacked"), true);
        try (LazyPages pages = serve(image, Beside.BRING_THE_REST);
                Running restored = Running.restoreLazily(host, image, work, pages)) {
            assertThat(pages.await(SOON)).isTrue();
            assertThat(complete.get(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
            save(restored, folder.resolve("second-dump"));
            assertThat(restored.ask("verify")).isEqualTo(RIGHT);
        }
        unpack(folder.resolve("second"), false);
        try (Running again = Running.restore(host, folder.resolve("second"), work)) {
            assertThat(again.ask("verify")).isEqualTo(RIGHT);
        }
    }

    @Test
    void whoNeedsADamagedBlockWaitsUntilItIsEnded() throws Exception {
        HostImage image = unpack(folder.resolve("unpacked"), true);
        damage();
        try (LazyPages pages = serve(image, Beside.BRING_THE_REST);
                Running restored = Running.restoreLazily(host, image, work, pages)) {
            assertThat(lost.get(SOON.toSeconds(), TimeUnit.SECONDS))
                    .contains("-host.pack at offset ")
                    .contains("expected ");
            assertThat(pages.await(SOON)).isTrue();
            restored.tell("verify");
            Thread.sleep(1000);
            assertThat(restored.hasAnswered()).isFalse();
            assertThat(restored.process.isAlive()).isTrue();
            assertThat(complete).isNotDone();
        }
    }

    /** In the middle of the largest pack: there is memory of the program alone. */
    private void damage() throws IOException {
        try (Stream<Path> packs = Files.list(folder.resolve("store/packs"))) {
            Path pack = packs.filter(each -> each.toString().endsWith(".pack")).findFirst().orElseThrow();
            try (RandomAccessFile file = new RandomAccessFile(pack.toFile(), "rw")) {
                long at = file.length() / 2;
                byte[] bytes = new byte[64 << 10];
                file.seek(at);
                file.readFully(bytes);
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] ^= 4;
                }
                file.seek(at);
                file.write(bytes);
            }
        }
    }
}
