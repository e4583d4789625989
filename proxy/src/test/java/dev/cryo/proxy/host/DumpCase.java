package dev.cryo.proxy.host;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** What tests of dumps and restores begin with: CRIU, and folders for a dump and for its work. */
@Tag("criu")
abstract class DumpCase {
    final HostState host = usable();

    @TempDir
    Path folder;

    Path image;
    Path work;

    /** Aborts the test where CRIU cannot be used. */
    static HostState usable() {
        try {
            return new HostState(Criu.usable(System.getenv()));
        } catch (HostStateException e) {
            throw new TestAbortedException(e.getMessage(), e);
        }
    }

    @BeforeEach
    void nameFolders() {
        image = folder.resolve("image");
        work = folder.resolve("work");
    }

    HostImage dump(Running running) throws HostStateException {
        return host.dump(running.process, running.streams, DumpRequest.into(image, work));
    }
}
