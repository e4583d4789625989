package dev.cryo.proxy.host;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How an application is to be dumped.
 *
 * @param imageFolder takes the image; created when missing, must be empty; best in memory (tmpfs), since the
 *     application stands still while it is written
 * @param workFolder takes CRIU's log; created when missing
 * @param timeout after which the dump is given up and the application runs on
 * @param closeTcp whether connected TCP sockets are dumped as closed, instead of being refused
 * @param portable whether the application was started with {@link Processor#portableJvmOptions} and
 *     {@link Processor#portableEnvironment}, so that its image asks less of the processor it is restored on
 * @param gpuReleased whether the NVIDIA driver was made to give up what the application has of the GPU, in which then
 *     there is no agent
 * @param deletedFileLimit the largest open but deleted file, in bytes, that is taken into the image
 */
public record DumpRequest(
        Path imageFolder,
        Path workFolder,
        Duration timeout,
        boolean closeTcp,
        boolean portable,
        boolean gpuReleased,
        long deletedFileLimit) {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final long DELETED_FILE_LIMIT = 1L << 30;

    /** The ordinary dump: a minute, TCP connections refused, not portable, deleted files up to 1 GiB. */
    public static DumpRequest into(Path imageFolder, Path workFolder) {
        return new DumpRequest(imageFolder, workFolder, TIMEOUT, false, false, false, DELETED_FILE_LIMIT);
    }

    /** The same with another timeout. */
    public DumpRequest within(Duration limit) {
        return new DumpRequest(imageFolder, workFolder, limit, closeTcp, portable, gpuReleased, deletedFileLimit);
    }

    /** The same, with connected TCP sockets dumped as closed. */
    public DumpRequest closingTcp() {
        return new DumpRequest(imageFolder, workFolder, timeout, true, portable, gpuReleased, deletedFileLimit);
    }

    /** The same for an application that was started for any processor. */
    public DumpRequest forAnyProcessor() {
        return new DumpRequest(imageFolder, workFolder, timeout, closeTcp, true, gpuReleased, deletedFileLimit);
    }

    /** The same for an application whose use of the GPU the driver has suspended. */
    public DumpRequest withoutGpu() {
        return new DumpRequest(imageFolder, workFolder, timeout, closeTcp, portable, true, deletedFileLimit);
    }
}
