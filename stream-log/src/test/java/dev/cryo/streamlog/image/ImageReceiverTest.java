package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageReceiverTest {
    private static final byte[] LOG = {1, 2, 3, 4};

    @TempDir
    private Path temp;

    private ImageStore from;

    @BeforeEach
    void writeTwo() throws IOException {
        from = TestImages.store(Files.createDirectory(temp.resolve("from")));
        TestImages.small(from, LOG, TestImages.bytes(new Random(1), 5000));
        TestImages.small(from, LOG, TestImages.bytes(new Random(2), 5000));
    }

    private void take(long number, ImageStore into) throws IOException {
        CarriedImage image = from.carry(number);
        try (ImageReceiver receiver = into.receive(number, 2)) {
            for (CarriedPack pack : image.packs()) {
                if (!receiver.has(pack.name())) {
                    take(pack, receiver);
                }
            }
            receiver.commit(image.manifest());
        }
    }

    private static void take(CarriedPack pack, ImageReceiver receiver) throws IOException {
        try (IncomingPack incoming = receiver.begin(pack.name())) {
            byte[] bytes = Files.readAllBytes(pack.file());
            incoming.put(ByteBuffer.wrap(bytes, 0, 3000));
            assertThat(incoming.bytes()).isEqualTo(3000);
            incoming.put(ByteBuffer.wrap(bytes, 3000, bytes.length - 3000));
            incoming.finish();
        }
    }

    private static void assertAllAreWhole(ImageStore store, List<Long> numbers) throws IOException {
        assertThat(store.numbers()).isEqualTo(numbers);
        for (long number : numbers) {
            try (ImageReader image = store.read(number)) {
                image.verifyAll((done, of) -> {});
                assertThat(image.bytes(Section.LOG)).isEqualTo(LOG);
            }
        }
    }

    private static void assertNothingIsLeftBehind(Path images) throws IOException {
        try (Stream<Path> files = Files.walk(images)) {
            assertThat(files.map(file -> file.getFileName().toString())).noneMatch(name -> name.endsWith(".partial"));
        }
        assertThat(ImageStore.in(images).collect(true)).isEqualTo(new ImageStore.Collected(0, 0));
    }

    @Test
    void whicheverOperationFailsNoHalfImageIsThereAndTheNextAttemptSucceeds() throws IOException {
        Random power = new Random(7);
        for (boolean ends : new boolean[] {false, true}) {
            boolean faulted = true;
            for (int at = 0; faulted; at++) {
                Path folder = Files.createDirectory(temp.resolve(ends + "-" + at));
                take(1, TestImages.store(folder));
                FaultyDisk disk = new FaultyDisk(at, ends);
                ImageStore store = ImageStore.in(folder.resolve("images"), disk, TestImages.CLOCK);
                boolean taken = isTaken(store);
                faulted = disk.faulted();
                if (ends && faulted) {
                    disk.powerFails(power);
                }
                ImageStore after = TestImages.store(folder);
                boolean there = after.numbers().contains(2L);
                assertThat(there || !taken).as("what is told to be there is, operation " + at).isTrue();
                assertAllAreWhole(after, there ? List.of(1L, 2L) : List.of(1L));
                after.cleanLeftovers();
                assertNothingIsLeftBehind(folder.resolve("images"));
                if (!there) {
                    take(2, after);
                }
                assertAllAreWhole(after, List.of(1L, 2L));
                assertThat(after.lastNumber()).isEqualTo(2);
            }
        }
    }

    private boolean isTaken(ImageStore store) {
        try {
            take(2, store);
            return true;
        } catch (IOException | FaultyDisk.Crash e) {
            return false;
        }
    }

    @Test
    void aPackOfAnotherNameIsNotTaken() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("to"));
        CarriedPack pack = from.carry(1).packs().getFirst();
        String name = "0".repeat(64);
        try (ImageReceiver receiver = TestImages.store(folder).receive(1, 1);
                IncomingPack incoming = receiver.begin(name)) {
            incoming.put(ByteBuffer.wrap(Files.readAllBytes(pack.file())));
            assertThatThrownBy(incoming::finish)
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageEndingWith(": expected pack " + name + ", found pack " + pack.name());
        }
        assertNothingIsLeftBehind(folder.resolve("images"));
    }

    @Test
    void anImageWhoseBlocksAreNotThereIsNotTaken() throws IOException {
        ImageStore to = TestImages.store(Files.createDirectory(temp.resolve("to")));
        try (ImageReceiver receiver = to.receive(1, 1)) {
            assertThatThrownBy(() -> receiver.commit(from.carry(1).manifest()))
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageContaining("expected a pack with block ");
        }
        assertThat(to.numbers()).isEmpty();
        take(1, to);
        assertThatThrownBy(() -> to.receive(1, 1)).isInstanceOf(FileAlreadyExistsException.class);
    }

    @Test
    void aNameThatIsNoneOfAPackLeadsNowhere() throws IOException {
        ImageStore to = TestImages.store(Files.createDirectory(temp.resolve("to")));
        try (ImageReceiver receiver = to.receive(1, 1)) {
            assertThatThrownBy(() -> receiver.begin("../../x"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("no name of a pack: ../../x");
        }
    }
}
