package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.supervisor.JobException.Kind;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The right to supervise a job: held by one process, and given up by its end, however it ends. */
final class JobLock implements AutoCloseable {
    private final FileChannel channel;

    private JobLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes the lock.
     *
     * @throws JobException if another supervisor has it
     */
    static JobLock take(JobFolder folder) throws JobException, IOException {
        return tryTake(folder).orElseThrow(() -> new JobException(
                Kind.STATE,
                "job " + folder.name() + " is running; end it by `cryo stop " + folder.name()
                        + "`, or choose another --name"));
    }

    /** Takes the lock, unless another supervisor has it. */
    static Optional<JobLock> tryTake(JobFolder folder) throws IOException {
        FileChannel channel =
                FileChannel.open(folder.lockFile(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (tryLock(channel) == null) {
            channel.close();
            return Optional.empty();
        }
        return Optional.of(new JobLock(channel));
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // A supervisor in this same process has it.
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
