package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

/** Files that a dumped application has open. */
class HostFilesTest extends DumpCase {
    @Test
    void whatWasWrittenAfterTheCheckpointIsCutOffAndKeptAside() throws Exception {
        Path log = folder.resolve("app.log");
        try (Running first = Running.start(folder, true)) {
            first.ask("open " + log);
            first.ask("append before");
            dump(first);
            first.ask("append after");
        }
        Files.writeString(folder.resolve("app.log.cryo-cut-1"), "of an earlier restart");
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.cut).containsExactly(folder.resolve("app.log.cryo-cut-2"));
            restored.ask("append again");
            assertThat(log).hasContent("before\nagain\n");
        }
        assertThat(folder.resolve("app.log.cryo-cut-2")).hasContent("after\n");
        assertThat(folder.resolve("app.log.cryo-cut-1")).hasContent("of an earlier restart");
    }

    @Test
    void anOpenButDeletedFileIsInTheImage() throws Exception {
        Path log = folder.resolve("deleted");
        String content;
        try (Running first = Running.start(folder, true)) {
            first.ask("open " + log);
            first.ask("append " + "x".repeat(3_000_000));
            first.ask("delete " + log);
            content = first.ask("content");
            dump(first);
        }
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.ask("content")).isEqualTo(content).endsWith(" 3000001");
            assertThat(log).doesNotExist();
        }
    }

    @Test
    void aDeletedFileAboveTheLimitIsRefusedByName() throws Exception {
        Path log = folder.resolve("deleted");
        try (Running running = Running.start(folder, true)) {
            running.ask("open " + log);
            running.ask("append " + "x".repeat(2_000_000));
            running.ask("delete " + log);
            DumpRequest usual = DumpRequest.into(image, work);
            DumpRequest small = new DumpRequest(image, work, usual.timeout(), false, false, false, 1_000_000);
            assertThatThrownBy(() -> host.dump(running.process, running.streams, small))
                    .isInstanceOf(HostStateException.class)
                    .hasMessageContaining(log.toString())
                    .hasMessageContaining("deleted but open")
                    .hasMessageContaining("dump.log");
            assertThat(running.ask("count")).as("it runs on").isEqualTo("1");
            assertThat(image).isEmptyDirectory();
        }
    }

    @Test
    void aFileThatIsGoneOrHasShrunkIsNamedBeforeAnythingStarts() throws Exception {
        Path log = folder.resolve("app.log");
        Path read = Files.writeString(folder.resolve("data.bin"), "what it was");
        try (Running first = Running.start(folder, true)) {
            first.ask("open " + log);
            first.ask("append before");
            first.ask("map " + read);
            dump(first);
        }
        Files.writeString(log, "b");
        Files.writeString(read, "what it is ");
        assertThatThrownBy(() -> Running.restore(host, image, work))
                .isInstanceOf(HostStateException.class)
                .hasMessageContaining("the file " + log + ", which the application was writing, has shrunk from 7 to 1")
                .hasMessageContaining("the file " + read + ", which the application was reading, has changed");
        Files.delete(log);
        Files.delete(read);
        assertThatThrownBy(() -> HostImage.read(image).requireRestorable())
                .isInstanceOf(HostStateException.class)
                .hasMessageContaining("the file " + log + ", which the application was writing, is gone")
                .hasMessageContaining("the file " + read + ", which the application was reading, is gone");
    }

    @Test
    void aFileThatWasCopiedUnchangedIsAccepted() throws Exception {
        Path read = Files.writeString(folder.resolve("data.bin"), "what it was");
        try (Running first = Running.start(folder, true)) {
            first.ask("map " + read);
            dump(first);
        }
        Files.delete(read);
        Files.writeString(read, "what it was");
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.ask("count")).isEqualTo("1");
        }
    }

    @Test
    void aDeviceThatCannotBeSavedIsNamed() throws Exception {
        Path device = Stream.of("/dev/loop-control", "/dev/fuse", "/dev/kvm").map(Path::of).filter(Files::exists)
                .findFirst().orElseThrow(() -> new TestAbortedException("no device to open on this machine"));
        try (Running running = Running.start(folder, true)) {
            assertThat(running.ask("map " + device)).isEqualTo("empty");
            assertThatThrownBy(() -> dump(running)).isInstanceOf(HostStateException.class)
                    .hasMessageContaining(device.toString())
                    .hasMessageContaining("org.crac");
            assertThat(running.ask("count")).isEqualTo("1");
        }
    }
}
