package dev.cryo.proxy.supervisor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.proxy.host.StandardStreams;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class OutputPumpTest {
    private static final Duration QUIET = Duration.ofMillis(50);

    @TempDir
    Path folder;

    /** A reader that takes nothing until it is let. */
    private static final class SlowReader extends OutputStream {
        final CountDownLatch reads = new CountDownLatch(1);
        final CountDownLatch reached = new CountDownLatch(1);
        private final ByteArrayOutputStream taken = new ByteArrayOutputStream();

        @Override
        public void write(int b) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            reached.countDown();
            try {
                reads.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            taken.write(bytes, from, count);
        }
    }

    @Test
    void theEndWaitsForAReaderHoweverSlow() throws Exception {
        byte[] written = "x".repeat(120_000).getBytes(UTF_8);
        SlowReader reader = new SlowReader();
        try (StandardStreams streams = StandardStreams.create(folder);
                OutputStream application = new FileOutputStream(folder.resolve("stdout").toFile())) {
            OutputPump pump = new OutputPump("test", streams.output(), reader);
            application.write(written);
            application.close();
            streams.applicationEnded();

            FutureTask<Boolean> end = finish(pump);
            reader.reached.await();
            Thread.sleep(QUIET.multipliedBy(10));
            assertThat(end.isDone()).isFalse();
            reader.reads.countDown();

            assertThat(end.get(10, TimeUnit.SECONDS)).isTrue();
            assertThat(reader.taken.toByteArray()).isEqualTo(written);
        }
    }

    @Test
    void aReaderThatDoesNotReadCanBeGivenUp() throws Exception {
        SlowReader reader = new SlowReader();
        try (StandardStreams streams = StandardStreams.create(folder);
                OutputStream application = new FileOutputStream(folder.resolve("stdout").toFile())) {
            OutputPump pump = new OutputPump("test", streams.output(), reader);
            application.write(1);
            reader.reached.await();

            FutureTask<Boolean> end = finish(pump);
            pump.abandon();

            assertThat(end.get(10, TimeUnit.SECONDS)).isFalse();
            reader.reads.countDown();
        }
    }

    @Test
    void aPipeThatAnotherProcessHoldsIsNotWaitedForOnceItIsEmpty() throws Exception {
        ByteArrayOutputStream reader = new ByteArrayOutputStream();
        try (StandardStreams streams = StandardStreams.create(folder);
                OutputStream leftBehind = new FileOutputStream(folder.resolve("stdout").toFile())) {
            OutputPump pump = new OutputPump("test", streams.output(), reader);
            leftBehind.write("last words".getBytes(UTF_8));
            streams.applicationEnded();

            assertThat(finish(pump).get(10, TimeUnit.SECONDS)).isTrue();
            assertThat(reader.toString(UTF_8)).isEqualTo("last words");
        }
    }

    @Test
    void theApplicationMeetsABrokenPipeOnceTheReaderIsGone() throws Exception {
        OutputStream gone = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        try (StandardStreams streams = StandardStreams.create(folder);
                OutputStream application = new FileOutputStream(folder.resolve("stdout").toFile())) {
            OutputPump pump = new OutputPump("test", streams.output(), gone);
            application.write(1);

            assertThat(finish(pump).get(10, TimeUnit.SECONDS)).isTrue();

            assertThatThrownBy(() -> application.write(2))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("Broken pipe");
        }
    }

    private static FutureTask<Boolean> finish(OutputPump pump) {
        FutureTask<Boolean> end = new FutureTask<>(() -> pump.finish(QUIET));
        Thread.ofVirtual().start(end);
        return end;
    }
}
