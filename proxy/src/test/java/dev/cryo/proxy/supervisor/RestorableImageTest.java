package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.image.CorruptImageException;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.ImageWriter;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.SectionWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images whose bytes are all as they were written, and which lack something. */
class RestorableImageTest {
    private static final int PAGE = 4096;
    private static final int PRESENT = 4;
    private static final int IN_PARENT = 1;

    @TempDir
    private Path folder;

    private final Map<String, byte[]> files = new TreeMap<>();
    private final Map<String, String> properties = new TreeMap<>();

    @BeforeEach
    void ordinary() {
        properties.putAll(Map.of(
                "intervalMillis", "0",
                "onFailure", "STOP",
                "closeTcp", "false",
                "portableCpu", "false",
                "timeoutMillis", "1000"));
        files.put("host.json", ascii("""
                {"format": 1, "criu": "4.1", "kernel": "6.1", "tcpClosed": false, "streams": "/job", "files": [],
                 "processor": {"model": "any", "portable": false, "instructions": []}, "belowProcessOne": false}
                """));
        files.put("inventory.img", file(new long[] {1, 2}));
        // Two processes, the first of two threads.
        files.put("pstree.img", file(new long[] {1, 10, 2, 0, 5, 10, 5, 11}, new long[] {1, 12, 2, 10, 5, 12}));
        for (int thread : new int[] {10, 11, 12}) {
            files.put("core-" + thread + ".img", file(new long[] {1, 1}));
        }
        files.put("pagemap-10.img", file(
                new long[] {1, 1},
                new long[] {1, 0x10000, 2, 2, 4, PRESENT},
                new long[] {1, 0x20000, 5, 1},
                new long[] {1, 0x30000, 2, 9, 4, IN_PARENT}));
        files.put("pages-1.img", new byte[3 * PAGE]);
        files.put("pagemap-12.img", file(new long[] {1, 2})); // Without pages there is no file of them.
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** A file of messages, each of numbers of fields and their values. */
    private static byte[] file(long[]... messages) {
        var file = new ByteArrayOutputStream();
        file.writeBytes(new byte[8]);
        for (long[] fields : messages) {
            byte[] message = message(fields);
            file.writeBytes(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(message.length)
                    .array());
            file.writeBytes(message);
        }
        return file.toByteArray();
    }

    private static byte[] message(long... fields) {
        var message = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i += 2) {
            message.write((int) fields[i] << 3);
            for (long rest = fields[i + 1]; ; rest >>>= 7) {
                message.write((int) (rest & 0x7f | (rest >>> 7 == 0 ? 0 : 0x80)));
                if (rest >>> 7 == 0) {
                    break;
                }
            }
        }
        return message.toByteArray();
    }

    private ImageReader committed() throws IOException {
        ImageStore store = new JobFolder(folder).images();
        try (ImageWriter image = store.begin();
                SectionWriter sections = image.sections("host")) {
            sections.memory(Section.DEVICE, List.of(), (address, into) -> { });
            sections.record(Section.DEVICE_STATE, new LowerHalf.DeviceState(1, List.of()));
            sections.bytes(Section.LOG, new byte[4]);
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                sections.bytes(Section.HOST + file.getKey(), file.getValue());
            }
            image.add(sections.finish());
            image.commit(new JobInfo(
                    "job", "1", JobInfo.Arrangement.PROXY, "ptx", JobInfo.HostMode.CRIU, List.of("java"), List.of(),
                    "/",
                    properties.entrySet().stream()
                            .map(one -> new JobInfo.Property(one.getKey(), one.getValue()))
                            .toList()));
            return store.read(image.number());
        }
    }

    /** What is said of an image that is refused, by a verification and, in the same words, before a restart. */
    private String refused() throws Exception {
        try (ImageReader image = committed()) {
            image.verifyAll((checked, of) -> { });
            var refused = catchThrowableOfType(CorruptImageException.class, () -> RestorableImage.require(image));
            assertThat(refused).isNotNull();
            String why = "" + refused.getMessage();
            try (Unpacking unpacking = Unpacking.begin(new JobFolder(folder), image, Restart.Loading.WHEN_USED)) {
                assertThatThrownBy(unpacking::await)
                        .isInstanceOfSatisfying(JobException.class, e ->
                                assertThat(e.kind()).isEqualTo(JobException.Kind.IMAGE))
                        .hasMessageContaining(why + "; nothing was started");
            }
            return why;
        }
    }

    @Test
    void whatCriuWritesIsEnough() throws Exception {
        try (ImageReader image = committed()) {
            RestorableImage.require(image);
            try (Unpacking unpacking = Unpacking.begin(new JobFolder(folder), image, Restart.Loading.WHEN_USED)) {
                assertThat(unpacking.await().resolve("pages-1.img")).hasSize(3 * PAGE);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "host.json", "inventory.img", "pstree.img", "core-10.img", "core-11.img", "core-12.img", "pages-1.img"
    })
    void eachFileThatCriuNeedsIsMissed(String file) throws Exception {
        files.remove(file);
        assertThat(refused()).contains("manifest: expected section host/" + file + ", found [device, ");
    }

    @Test
    void aMessageNamesNoThousandsOfSections() throws Exception {
        for (int thread = 20; thread < 60; thread++) {
            files.put("core-" + thread + ".img", file(new long[] {1, 1}));
        }
        files.remove("inventory.img");
        assertThat(refused()).endsWith("expected section host/inventory.img, found 51 others");
    }

    @ParameterizedTest
    @CsvSource({
        "host.json, a description of processes, Unrecognized token 'none'",
        "pstree.img, a tree of processes, host/pstree.img is damaged at offset 0",
        "pagemap-10.img, a map of pages, host/pagemap-10.img is damaged at offset 0"
    })
    void filesThatAreNoneAreNamedAsSections(String file, String expected, String found) throws Exception {
        files.put(file, ascii("none"));
        assertThat(refused()).contains("expected " + expected + " in section host/" + file + ", found " + found)
                .hasLineCount(1);
    }

    @Test
    void aTreeWithoutProcessesIsNone() throws Exception {
        files.put("pstree.img", file());
        assertThat(refused()).endsWith("expected a tree of processes in section host/pstree.img, found none");
    }

    @Test
    void aDescriptionOfNothingIsNone() throws Exception {
        files.put("host.json", ascii("null"));
        assertThat(refused()).endsWith("in section host/host.json, found it describes nothing");
    }

    @Test
    void pagesThatAreTooFewAreTold() throws Exception {
        files.put("pages-1.img", new byte[3 * PAGE - 1]);
        assertThat(refused()).endsWith("expected 12288 bytes of section host/pages-1.img, of which section"
                + " host/pagemap-10.img tells, found 12287 bytes");
    }

    @Test
    void moreMemoryThanThereCanBeIsRefused() throws Exception {
        files.put("pagemap-10.img", file(new long[] {1, 1}, new long[] {1, 0, 2, 1L << 60}));
        assertThat(refused()).endsWith("in section host/pagemap-10.img, found more memory than there can be");
    }

    @ParameterizedTest
    @ValueSource(strings = {"intervalMillis", "onFailure", "closeTcp", "portableCpu", "timeoutMillis"})
    void eachSettingIsMissed(String property) throws Exception {
        properties.remove(property);
        assertThat(refused()).endsWith("expected how the job was launched, found the image does not tell how its job"
                + " was launched: no property " + property);
    }

    @Test
    void aSettingThatThereIsNotIsRefused() throws Exception {
        properties.put("onFailure", "BOGUS");
        assertThat(refused()).contains("how its job was launched: ").contains("BOGUS");
    }
}
