package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CriuTest {
    private static final String WORKS = "#!/bin/sh\necho Version: 4.2.1\n";
    private static final String FAILS = "#!/bin/sh\necho Error: no such kernel\nexit 1\n";

    @TempDir
    @SuppressWarnings("NullAway.Init") // Set by JUnit.
    private Path folder;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private Map<String, String> environment;

    @BeforeEach
    void nameThePlaces() {
        environment = Map.of("HOME", folder.toString(), "PATH", folder + "/bin:/usr/bin:/bin");
        System.setProperty(Criu.DIST, folder + "/kit");
    }

    @AfterEach
    void forgetTheKit() {
        System.clearProperty(Criu.DIST);
    }

    @Test
    void whatSetupHasInstalledComesBeforeTheSystemsOwnAndThatBeforeTheKits() throws Exception {
        Path kit = program("kit/criu/criu", WORKS);
        Path system = program("bin/criu", WORKS);
        Path installed = program(".local/share/cryo/criu/criu", WORKS);
        assertThat(CriuPlaces.of(environment, folder + "/kit")).containsExactly(installed, system, kit);
    }

    @Test
    void theOneThatIsNamedIsTheOnlyOne() throws Exception {
        program("bin/criu", WORKS);
        assertThat(CriuPlaces.of(Map.of("CRYO_CRIU", "/nowhere/criu", "PATH", folder + "/bin"), null))
                .containsExactly(Path.of("/nowhere/criu"));
    }

    @Test
    void oneThatFailsItsCheckIsPassedOver() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "CRIU needs root");
        program("bin/criu", FAILS);
        Path kit = program("kit/criu/criu", WORKS);
        Criu criu = Criu.usable(environment);
        assertThat(List.of(criu.program().toString(), criu.version())).containsExactly(kit.toString(), "4.2.1");
    }

    @Test
    void aDumpThatNeverEndsIsEndedWhenWhatItDumpsHasEnded() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "CRIU needs root");
        Path begun = folder.resolve("begun");
        program("bin/criu", WORKS + "if [ $1 = dump ]; then echo dumps; touch " + begun + "; exec sleep 60; fi\n");
        Criu criu = Criu.usable(environment);
        Process subject = new ProcessBuilder("sleep", "60").start();
        CompletableFuture<Criu.Run> dump = CompletableFuture.supplyAsync(() -> dump(criu, (int) subject.pid()));
        while (!Files.exists(begun) && !dump.isDone()) {
            Thread.sleep(5);
        }

        subject.destroyForcibly();

        Criu.Run ended = dump.get(10, TimeUnit.SECONDS);
        assertThat(ended.ending()).isEqualTo(Criu.Ending.WITHOUT_SUBJECT);
        assertThat(ended.output()).isEqualTo("Version: 4.2.1\ndumps\n");
    }

    private static Criu.Run dump(Criu criu, int pid) {
        try {
            return criu.dump(pid, List.of("--leave-running"), Duration.ofSeconds(50));
        } catch (HostStateException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whereNoneWorksEachIsNamed() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "CRIU needs root");
        Path system = program("bin/criu", FAILS);
        Path kit = program("kit/criu/criu", FAILS);
        assertThatThrownBy(() -> Criu.usable(environment))
                .hasMessageContaining(system + " check` fails: Error: no such kernel")
                .hasMessageContaining(kit + " check` fails: Error: no such kernel");
    }

    @Test
    void newSocketsTakeANewCriu() {
        assertThat(Criu.knowsSockets("4.1.1", "6.15.9-generic")).isTrue();
        assertThat(Criu.knowsSockets("4.1.1", "6.16.0")).isFalse();
        assertThat(Criu.knowsSockets("4.2", "6.16.0")).isTrue();
        assertThat(Criu.knowsSockets("4.1.1", "7.0.1")).isFalse();
        assertThat(Criu.knowsSockets("unknown", "6.18.2")).isFalse();
        assertThat(Criu.knowsSockets("unknown", "5.10.0-21-amd64")).isTrue();
    }

    private Path program(String name, String script) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, script);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
