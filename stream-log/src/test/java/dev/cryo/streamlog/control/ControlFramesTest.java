package dev.cryo.streamlog.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.codec.MalformedDataException;
import dev.cryo.streamlog.codec.RandomRecords;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlFramesTest {
    private static ControlMessage random(RandomRecords records, Class<? extends Record> type) {
        return (ControlMessage) records.next(type);
    }

    private static List<Class<? extends Record>> types() {
        return ControlMessage.VOCABULARY.types();
    }

    /** Gives its bytes in small pieces, as a socket may. */
    private static ReadableByteChannel dripping(byte[] bytes, Random random) {
        return Channels.newChannel(new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] into, int offset, int length) {
                return super.read(into, offset, Math.min(length, 1 + random.nextInt(3)));
            }
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void messagesComeOutAsTheyWentIn(long seed) throws IOException {
        Random random = new Random(seed);
        RandomRecords records = new RandomRecords(random);
        List<ControlMessage> messages =
                types().stream().map(type -> random(records, type)).toList();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (ControlMessage message : messages) {
            ControlFrames.write(Channels.newChannel(bytes), message);
        }
        ReadableByteChannel channel = dripping(bytes.toByteArray(), random);
        for (ControlMessage message : messages) {
            assertThat(ControlFrames.read(channel))
                    .as("seed %s", seed)
                    .usingRecursiveComparison()
                    .isEqualTo(message);
        }
        assertThatThrownBy(() -> ControlFrames.read(channel)).isInstanceOf(EOFException.class);
    }

    @Test
    void aReadThatAnErrorOfTheMachineEndedGoesOnWhereItStopped() throws Exception {
        ControlMessage first = new ControlMessage.Welcome(ControlMessage.Outcome.RESTORED, new byte[300_000]);
        ControlMessage next = new ControlMessage.Gate(7);
        byte[] bytes = new byte[ControlFrames.encode(first).remaining() + ControlFrames.encode(next).remaining()];
        ByteBuffer.wrap(bytes).put(ControlFrames.encode(first)).put(ControlFrames.encode(next));
        ReadableByteChannel whole = Channels.newChannel(new ByteArrayInputStream(bytes));
        int[] reads = {0};
        FrameReader reader = new FrameReader(new ReadableByteChannel() {
            @Override
            public int read(ByteBuffer target) throws IOException {
                if (reads[0]++ % 2 == 1) {
                    throw new OutOfMemoryError("no room");
                }
                ByteBuffer some = ByteBuffer.allocate(Math.min(target.remaining(), reads[0] < 9 ? 3 : 100_000));
                int count = whole.read(some);
                target.put(some.flip());
                return count;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        });
        assertThat(readAtLast(reader)).usingRecursiveComparison().isEqualTo(first);
        assertThat(readAtLast(reader)).isEqualTo(next);
        assertThat(reads[0]).isGreaterThan(10);
    }

    private static ControlMessage readAtLast(FrameReader reader) throws IOException {
        while (true) {
            try {
                return reader.read();
            } catch (OutOfMemoryError e) {
                assertThat(e).hasMessage("no room");
            }
        }
    }

    @Test
    void aLargeMessageComesThroughWhole() throws IOException {
        byte[] log = new byte[5_000_000];
        new Random(1).nextBytes(log);
        ByteBuffer frame = ControlFrames.encode(new ControlMessage.Gated(log, 3));
        byte[] bytes = Arrays.copyOf(frame.array(), frame.limit());
        ControlMessage read = ControlFrames.read(Channels.newChannel(new ByteArrayInputStream(bytes)));
        assertThat(((ControlMessage.Gated) read).log()).isEqualTo(log);
    }

    @Test
    void aFrameIsItsLengthAndItsMessage() {
        ByteBuffer frame = ControlFrames.encode(new ControlMessage.Gate(258));
        byte[] bytes = Arrays.copyOf(frame.array(), frame.limit());
        assertThat(bytes).containsExactly(12, 0, 0, 0, 10, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 3, ControlFrames.MAX_BYTES + 1, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void lengthsOutOfBoundsAreRefused(int length) {
        byte[] frame = ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(length)
                .array();
        assertThatThrownBy(() -> ControlFrames.read(Channels.newChannel(new ByteArrayInputStream(frame))))
                .isInstanceOf(MalformedDataException.class)
                .hasMessage("expected a frame's length, found " + length);
    }

    @Test
    void aLengthThatIsOnlyClaimedCostsNoMemory() {
        byte[] frame = ByteBuffer.allocate(100)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(ControlFrames.MAX_BYTES)
                .array();
        for (int i = 0; i < 1000; i++) {
            assertThatThrownBy(() -> ControlFrames.read(Channels.newChannel(new ByteArrayInputStream(frame))))
                    .isInstanceOf(EOFException.class);
        }
    }

    @Test
    void bytesBehindAMessageAreRefused() {
        assertThatThrownBy(() -> ControlFrames.decode(new byte[] {30, 0, 0, 0, 1}))
                .isInstanceOf(MalformedDataException.class)
                .hasMessage("expected the end of Done, 1 bytes are left");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void mutatedFramesGiveAMessageOrTheOneException(long seed) {
        Random random = new Random(seed);
        RandomRecords records = new RandomRecords(random);
        for (int i = 0; i < 20_000; i++) {
            ControlMessage message = random(records, types().get(random.nextInt(types().size())));
            ByteBuffer frame = ControlFrames.encode(message);
            byte[] bytes = Arrays.copyOfRange(frame.array(), 4, 4 + random.nextInt(frame.limit()));
            for (int n = random.nextInt(4); n > 0 && bytes.length > 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) (random.nextBoolean() ? random.nextInt() : -1);
            }
            try {
                ByteBuffer again = ControlFrames.encode(ControlFrames.decode(bytes));
                assertThat(Arrays.equals(again.array(), 4, again.limit(), bytes, 0, bytes.length))
                        .isTrue();
            } catch (MalformedDataException e) {
                assertThat(e.getMessage()).startsWith("expected ");
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ", round " + i, e);
            }
        }
    }
}
