package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockBuffersTest {
    @TempDir
    private Path temp;

    @Test
    void whatIsGivenBackIsTakenAgain() throws IOException {
        try (BlockBuffers buffers = new BlockBuffers()) {
            BlockBuffer first = buffers.take();
            BlockBuffer second = buffers.take();
            assertThat(second).isNotSameAs(first);
            buffers.giveBack(List.of(first, second));
            assertThat(List.of(buffers.take(), buffers.take())).containsExactlyInAnyOrder(first, second);
            assertThat(buffers.take()).isNotIn(first, second);
        }
    }

    /** Of what a buffer had in it for another image, nothing may be left. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void imagesOverTheSameBuffersHoldWhatEachWasGiven(long seed) throws IOException {
        Random random = new Random(seed);
        ImageStore store = TestImages.store(temp);
        try (BlockBuffers buffers = new BlockBuffers()) {
            for (int number = 1; number <= 6; number++) {
                byte[] memory = contents(random);
                byte[] log = TestImages.bytes(random, 1 + random.nextInt(9000));
                write(store, buffers, memory, log);
                try (ImageReader image = store.read(number)) {
                    image.verifyAll((done, of) -> {});
                    assertThat(Arrays.equals(image.bytes(Section.LOG), log)).isTrue();
                    assertThat(image.section(Section.DEVICE).bytes()).isEqualTo(memory.length);
                    byte[] read = new byte[memory.length];
                    image.readInto(Section.DEVICE, 0, MemorySegment.ofArray(read));
                    assertThat(Arrays.equals(read, memory))
                            .as("seed %s, image %s", seed, number)
                            .isTrue();
                }
            }
        }
    }

    @Test
    void aWriterThatIsClosedTwiceGivesItsBuffersBackOnce() throws IOException {
        ImageStore store = TestImages.store(temp);
        try (BlockBuffers buffers = new BlockBuffers();
                ImageWriter image = store.begin()) {
            SectionWriter device = SectionWriter.create(image.folder(), "device", WriteOptions.ORDINARY, buffers);
            device.bytes(Section.LOG, new byte[9]);
            device.close();
            device.close();
            assertThat(List.of(buffers.take(), buffers.take())).doesNotHaveDuplicates();
        }
    }

    private static void write(ImageStore store, BlockBuffers buffers, byte[] memory, byte[] log) throws IOException {
        LowerHalf.Range range = new LowerHalf.Range(TestImages.ARENA, memory.length);
        try (ImageWriter image = store.begin()) {
            try (SectionWriter device =
                    SectionWriter.create(image.folder(), "device", WriteOptions.ORDINARY, buffers)) {
                device.bytes(Section.LOG, log);
                device.memory(Section.DEVICE, List.of(range), (address, into) -> into.copyFrom(
                        MemorySegment.ofArray(memory).asSlice(address - range.address(), into.byteSize())));
                image.add(device.finish());
            }
            Manifest unused = image.commit(TestImages.job());
        }
    }

    /** Some blocks, the last one not whole: of noise, of little else than zeros, and of what can be compressed. */
    private static byte[] contents(Random random) {
        byte[] bytes = new byte[4096 * (1 + random.nextInt(3000))];
        for (int at = 0; at < bytes.length; at += ImageFormat.BLOCK_BYTES) {
            int end = Math.min(bytes.length, at + ImageFormat.BLOCK_BYTES);
            switch (random.nextInt(3)) {
                case 0 -> System.arraycopy(TestImages.bytes(random, end - at), 0, bytes, at, end - at);
                case 1 -> bytes[at + random.nextInt(end - at)] = 7;
                default -> Arrays.fill(bytes, at, at + (end - at) / 2, (byte) random.nextInt());
            }
        }
        return bytes;
    }
}
