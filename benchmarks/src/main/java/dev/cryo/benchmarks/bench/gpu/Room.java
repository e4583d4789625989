package dev.cryo.benchmarks.bench.gpu;

import dev.cryo.benchmarks.bench.measure.Size;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What memory and disk there is, and whether something fits. */
final class Room {
    /** For the JVMs, the driver's own, and what else is in an image. */
    private static final long REST = 1L << 30;

    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable: *(\\d+) kB");

    private final Path folder;
    private final long deviceBytes;
    private final boolean deviceIsHost;

    /**
     * @param folder that images go to
     * @param deviceBytes free memory of the device; the most a long can be where that is not known
     * @param deviceIsHost whether device memory is memory of the host
     */
    Room(Path folder, long deviceBytes, boolean deviceIsHost) {
        this.folder = folder;
        this.deviceBytes = deviceBytes;
        this.deviceIsHost = deviceIsHost;
    }

    /**
     * Why so much device memory cannot be held and saved here; empty if it can.
     *
     * @param copies how many times the device must have room for it
     */
    Optional<String> lack(Size size, int copies) throws IOException {
        long disk = Files.getFileStore(folder).getUsableSpace();
        long host = hostBytes();
        long hostNeeded = REST + (deviceIsHost ? 2 * size.bytes() : size.bytes() / 4);
        if (size.bytes() * copies > deviceBytes - deviceBytes / 20) {
            return Optional.of(words("the device has", deviceBytes, size, copies));
        }
        if (size.bytes() + REST > disk) {
            return Optional.of(words("the disk of " + folder + " has", disk, size, 1));
        }
        if (hostNeeded > host) {
            return Optional.of(words("the host's memory has", host, size, 1));
        }
        return Optional.empty();
    }

    private static String words(String what, long free, Size size, int copies) {
        return String.format(
                Locale.ROOT, "%s only %.1f GiB free, for %d x %.3f GiB and what else is needed",
                what, free / (double) REST, copies, size.mib() / 1024.0);
    }

    private static long hostBytes() throws IOException {
        Matcher found = AVAILABLE.matcher(Files.readString(Path.of("/proc/meminfo"), StandardCharsets.US_ASCII));
        if (!found.find()) {
            throw new IOException("/proc/meminfo does not tell MemAvailable");
        }
        return Long.parseLong(found.group(1)) << 10;
    }
}
