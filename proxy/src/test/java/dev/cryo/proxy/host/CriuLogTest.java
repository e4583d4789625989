package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CriuLogTest {
    private static final String HARMLESS = "(00.000129) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE";

    private static List<String> reasons(String... lines) {
        return CriuLog.reasons(List.of(lines), "CRIU ended with 1");
    }

    @Test
    void theDescriptorBeforeTheErrorIsNamed() {
        assertThat(reasons(HARMLESS,
                "(00.0375) 999999999 fdinfo 7: pos:                0 flags:                2/0",
                "(00.0376) Error (criu/sk-unix.c:1): sk unix: Can't dump half of stream unix connection.",
                "(00.0377) Error (criu/cr-dump.c:1681): Dump files (pid: 8877) failed with -1"))
                .containsExactly("a unix socket is connected to a process outside of the application"
                        + " (process 999999999, descriptor 7); close it before the checkpoint in an org.crac resource");
    }

    @Test
    void theSizeOfAFileIsTold() {
        assertThat(reasons("(00.01)      1: Error (criu/files-reg.c:2): File tmp/app.log has bad size 84 (expect 42)"))
                .containsExactly("the file tmp/app.log has 84 bytes and had 42 at the checkpoint;"
                        + " put back the file of then");
    }

    @Test
    void aMappingThatCannotBeSavedIsNamedByItsAddress() {
        assertThat(reasons(
                "(00.01) Error (criu/proc_parse.c:672): "
                        + "Can't handle non-regular mapping on 2919696's map 7fc08d672000"))
                .containsExactly("process 2919696 has something mapped at 0x7fc08d672000 that cannot be saved,"
                        + " such as the memory of a device");
    }

    @Test
    void anUnknownErrorIsPassedOn() {
        assertThat(reasons(HARMLESS, "(00.01) Error (criu/new.c:2): Something new"))
                .containsExactly("CRIU says: Something new");
    }

    @Test
    void aLogWithoutErrorsGivesTheExitCode() {
        assertThat(reasons(HARMLESS, "(00.01) all well")).containsExactly("CRIU ended with 1");
    }
}
