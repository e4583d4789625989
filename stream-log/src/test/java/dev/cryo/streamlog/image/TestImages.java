package dev.cryo.streamlog.image;

import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.random.RandomGenerator;

/** What tests write into images. */
final class TestImages {
    static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(1_767_225_600_000L));
    static final long ARENA = 0x1000_0000_0000L;

    private TestImages() {}

    static JobInfo job() {
        return new JobInfo(
                "digits",
                "0.1.0",
                JobInfo.Arrangement.PROXY,
                "ptx",
                JobInfo.HostMode.CRIU,
                List.of("java", "-jar", "digits.jar"),
                List.of("LANG=C.UTF-8", "PATH=/usr/bin"),
                "/home/user",
                List.of(new JobInfo.Property("processor", "x86-64-v3")));
    }

    /** The byte that lies at an address of the device: different for neighbours, never zero. */
    static byte at(long address) {
        return (byte) ((address * 0x9E3779B97F4A7C15L >>> 56) | 1);
    }

    static void fill(long address, MemorySegment into) {
        for (long i = 0; i < into.byteSize(); i++) {
            into.set(ValueLayout.JAVA_BYTE, i, at(address + i));
        }
    }

    static byte[] bytes(RandomGenerator random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Commits an image of two files: a little device memory, its state, and two sections of the given bytes. */
    static Manifest small(ImageStore store, byte[] log, byte[] core) throws IOException {
        try (ImageWriter image = store.begin()) {
            try (SectionWriter device = SectionWriter.create(
                    image.folder(), "device", WriteOptions.ORDINARY.with(image.key(), List.of()))) {
                device.memory(
                        Section.DEVICE,
                        List.of(new LowerHalf.Range(ARENA + 256, 512), new LowerHalf.Range(ARENA + 1024, 128)),
                        TestImages::fill);
                device.record(Section.DEVICE_STATE, new LowerHalf.DeviceState(42, List.of()));
                image.add(device.finish());
            }
            try (SectionWriter host = image.sections("host")) {
                host.bytes(Section.LOG, log);
                host.bytes("host/core-1.img", core);
                image.add(host.finish());
            }
            return image.commit(job());
        }
    }

    static ImageStore store(Path folder) {
        return ImageStore.in(folder.resolve("images"), Disk.REAL, CLOCK);
    }
}
