package dev.cryo.proxy.store;

import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.ImageWriter;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.SectionWriter;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Images with contents that are known. */
public final class LocalImages {
    /** What all images begin with, so that they share a block. */
    private static final int COMMON = 2 << 20;

    private LocalImages() {}

    /** Commits an image of a common part and of {@code own} random bytes; its number. */
    public static long commit(ImageStore store, int own, long seed) throws IOException {
        JobInfo job = new JobInfo(
                "job", "1", JobInfo.Arrangement.PROXY, "ptx", JobInfo.HostMode.APP, List.of("java", "App"), List.of(),
                "/", List.of());
        try (ImageWriter image = store.begin(); SectionWriter sections = image.sections("host")) {
            sections.bytes("common", bytes(0, COMMON));
            sections.bytes("own", bytes(seed, own));
            image.add(sections.finish());
            image.commit(job);
            return image.number();
        }
    }

    private static byte[] bytes(long seed, int count) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Whether a store has an image, whole, with the contents that it was committed with. */
    public static boolean isWhole(ImageStore store, long number, int own, long seed) throws IOException {
        try (ImageReader image = store.read(number)) {
            image.verifyAll((checked, of) -> { });
            return Arrays.equals(image.bytes("own"), bytes(seed, own))
                    && Arrays.equals(image.bytes("common"), bytes(0, COMMON));
        }
    }
}
