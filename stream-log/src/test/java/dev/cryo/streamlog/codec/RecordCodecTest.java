package dev.cryo.streamlog.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordCodecTest {
    enum Colour {
        RED,
        GREEN
    }

    record Point(int x, long y) {}

    record Everything(
            boolean flag,
            int number,
            long address,
            double real,
            String text,
            byte[] bytes,
            int[] ints,
            long[] longs,
            Colour colour,
            Point point,
            List<Point> points,
            List<String> names) {}

    record Nothing() {}

    record Choosy(int even) {
        Choosy {
            if (even % 2 != 0) {
                throw new IllegalArgumentException(even + " is odd");
            }
        }
    }

    record Chain(List<Chain> next) {}

    record Unencodable(Map<String, String> map) {}

    record UnencodableList(List<List<String>> lists) {}

    private record Hidden(int x) {}

    sealed interface Message {
        Vocabulary<Message> VOCABULARY = Vocabulary.of(Message.class);

        @Opcode(0x1234)
        record Hello(String name) implements Message {}

        sealed interface Deeper extends Message {
            @Opcode(7)
            record Bye() implements Deeper {}
        }
    }

    sealed interface Twice {
        @Opcode(1)
        record First() implements Twice {}

        @Opcode(1)
        record Second() implements Twice {}
    }

    sealed interface Unnumbered {
        record Only() implements Unnumbered {}
    }

    sealed interface Outside {
        @Opcode(65536)
        record Only() implements Outside {}
    }

    private static byte[] encode(Record value) {
        Encoder out = new Encoder();
        out.putRecord(value);
        return out.toByteArray();
    }

    private static String hex(Record value) {
        return HexFormat.of().formatHex(encode(value));
    }

    private static <R extends Record> R decode(Class<R> type, String hex) {
        return new Decoder(HexFormat.of().parseHex(hex)).getRecord(type);
    }

    @Test
    void numbersAreLittleEndianAndOfFixedWidth() {
        assertThat(hex(new Point(1, -2))).isEqualTo("01000000" + "feffffffffffffff");
    }

    @Test
    void everyFormHasTheLayoutOfTheTable() {
        Everything value = new Everything(
                true,
                -1,
                0x1000_0000_0000L,
                1.5,
                "ä",
                new byte[] {7},
                new int[] {8},
                new long[] {9},
                Colour.GREEN,
                new Point(1, 2),
                List.of(new Point(3, 4)),
                List.of("a", ""));
        assertThat(hex(value))
                .isEqualTo("01" + "ffffffff" + "0000000000100000" + "000000000000f83f" + "02000000c3a4" + "0100000007"
                        + "0100000008000000" + "010000000900000000000000" + "01" + "010000000200000000000000"
                        + "01000000" + "030000000400000000000000" + "02000000" + "0100000061" + "00000000");
    }

    @Test
    void aRecordOfNothingTakesNoBytes() {
        assertThat(encode(new Nothing())).isEmpty();
        assertThat(decode(Nothing.class, "")).isEqualTo(new Nothing());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whatIsDecodedIsWhatWasEncoded(long seed) {
        RandomRecords records = new RandomRecords(new Random(seed));
        for (int i = 0; i < 1000; i++) {
            Everything value = records.next(Everything.class);
            byte[] bytes = encode(value);
            Decoder in = new Decoder(bytes);
            assertThat(in.getRecord(Everything.class))
                    .as("seed %s", seed)
                    .usingRecursiveComparison()
                    .isEqualTo(value);
            assertThat(in.remaining()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void mutatedBytesGiveARecordOrTheOneException(long seed) {
        Random random = new Random(seed);
        byte[] original = encode(new RandomRecords(random).next(Everything.class));
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = Arrays.copyOf(original, random.nextInt(original.length + 8));
            for (int n = random.nextInt(4); n > 0 && bytes.length > 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) (random.nextBoolean() ? random.nextInt() : -1);
            }
            try {
                byte[] again = encode(new Decoder(bytes).getRecord(Everything.class));
                assertThat(Arrays.equals(again, 0, again.length, bytes, 0, again.length))
                        .as("seed %s, round %s", seed, i)
                        .isTrue();
            } catch (MalformedDataException e) {
                assertThat(e.getMessage()).startsWith("expected ");
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ", round " + i, e);
            }
        }
    }

    @Test
    void whatTheConstructorRefusesIsMalformed() {
        assertThatThrownBy(() -> decode(Choosy.class, "03000000"))
                .isInstanceOf(MalformedDataException.class)
                .hasMessage("expected Choosy at 0, found values that are none: "
                        + "java.lang.IllegalArgumentException: 3 is odd")
                .hasCauseInstanceOf(IllegalArgumentException.class);
        assertThat(decode(Choosy.class, "02000000")).isEqualTo(new Choosy(2));
    }

    @Test
    void endlessNestingIsMalformed() {
        assertThatThrownBy(() -> decode(Chain.class, "01000000".repeat(100_000)))
                .isInstanceOf(MalformedDataException.class)
                .hasMessageContaining("at most 64 records in one another");
    }

    @Test
    void lengthsBeyondTheBytesAreMalformedBeforeAnythingIsAllocated() {
        for (String length : List.of("ffffff7f", "ffffffff", "00000080", "01000000")) {
            assertThatThrownBy(() -> new Decoder(HexFormat.of().parseHex(length)).getBytes())
                    .isInstanceOf(MalformedDataException.class);
            assertThatThrownBy(() -> new Decoder(HexFormat.of().parseHex(length)).getLongs())
                    .isInstanceOf(MalformedDataException.class);
            assertThatThrownBy(() -> new Decoder(HexFormat.of().parseHex(length)).getStrings())
                    .isInstanceOf(MalformedDataException.class);
            assertThatThrownBy(() -> new Decoder(HexFormat.of().parseHex(length)).getRecords(Nothing.class))
                    .isInstanceOf(MalformedDataException.class);
        }
    }

    @Test
    void valuesOutOfBoundsAreToldWithTheirPlace() {
        assertThatThrownBy(() -> new Decoder(new byte[] {2}).getBoolean())
                .hasMessage("expected 0 or 1 at 0, found 2");
        assertThatThrownBy(() -> new Decoder(new byte[] {2}).getEnum(Colour.values()))
                .hasMessage("expected Colour at 0, found 2");
        assertThatThrownBy(() -> new Decoder(new byte[] {1, 0, 0, 0, (byte) 0xff}).getString())
                .hasMessage("expected UTF-8 at 0");
        assertThatThrownBy(() -> new Decoder(new byte[3]).getInt())
                .hasMessage("expected int of 4 bytes at 0, 3 are left");
    }

    @Test
    void typesWithoutAnEncodingAreRefusedByName() {
        assertThatThrownBy(() -> RecordCodec.of(Unencodable.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("map");
        assertThatThrownBy(() -> RecordCodec.of(UnencodableList.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no encoding for a list of java.util.List<java.lang.String>");
        assertThatThrownBy(() -> RecordCodec.of(Hidden.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not public");
    }

    @Test
    void anEncoderIsReused() {
        Encoder out = new Encoder();
        out.putBytes(new byte[100_000]);
        assertThat(out.size()).isEqualTo(100_004);
        out.reset();
        out.putRecord(new Point(1, 2));
        assertThat(out.toByteArray()).isEqualTo(encode(new Point(1, 2)));
    }

    @Test
    void aDecoderGoesOnWithAnotherSegment() {
        Decoder in = new Decoder(new byte[2]);
        in.getByte();
        in.reset(MemorySegment.ofArray(encode(new Point(3, 4))));
        assertThat(in.position()).isZero();
        assertThat(in.getRecord(Point.class)).isEqualTo(new Point(3, 4));
    }

    @Test
    void aVocabularyPutsTheOpcodeFirst() {
        Encoder out = new Encoder();
        Message.VOCABULARY.encode(new Message.Hello("x"), out);
        Message.VOCABULARY.encode(new Message.Deeper.Bye(), out);
        assertThat(HexFormat.of().formatHex(out.toByteArray())).isEqualTo("34120000" + "0100000078" + "07000000");
        Decoder in = new Decoder(out.toByteArray());
        assertThat(Message.VOCABULARY.decode(in)).isEqualTo(new Message.Hello("x"));
        assertThat(Message.VOCABULARY.decode(in)).isEqualTo(new Message.Deeper.Bye());
        assertThat(Message.VOCABULARY.opcode(Message.Hello.class)).isEqualTo(0x1234);
    }

    @Test
    void unknownOpcodesAreMalformed() {
        assertThatThrownBy(() -> Message.VOCABULARY.decode(new Decoder(new byte[] {8, 0, 0, 0})))
                .isInstanceOf(MalformedDataException.class)
                .hasMessage("expected opcode of Message at 0, found 0x8");
    }

    @Test
    void vocabulariesWithMissingSharedOrWildOpcodesAreRefused() {
        assertThatThrownBy(() -> Vocabulary.of(Twice.class)).hasMessageContaining("has the opcode of");
        assertThatThrownBy(() -> Vocabulary.of(Unnumbered.class)).hasMessageContaining("has no opcode");
        assertThatThrownBy(() -> Vocabulary.of(Outside.class)).hasMessageContaining("has opcode 65536");
        assertThatThrownBy(() -> Vocabulary.of(Runnable.class)).hasMessageContaining("neither sealed nor a record");
    }
}
