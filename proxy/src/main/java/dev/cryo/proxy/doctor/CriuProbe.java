package dev.cryo.proxy.doctor;

import dev.cryo.proxy.host.Criu;
import dev.cryo.proxy.host.HostStateException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** CRIU by its own check of the machine, and the namespaces that an application is started in. */
final class CriuProbe implements Probe {
    private static final String NAME = "CRIU";
    private static final String REMEDY =
            "run `cryo setup` as root; without CRIU, --host app saves the state of applications that use org.crac";
    private static final long LIMIT_SECONDS = 20;

    private final Map<String, String> environment;

    CriuProbe(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Finding examine() {
        try {
            Criu criu = Criu.usable(environment);
            String why = namespaces();
            return why.isEmpty()
                    ? Finding.works(NAME, "version " + criu.version() + ", " + criu.program())
                    : Finding.fails(NAME, "process and time namespaces cannot be made: " + why,
                            "run outside of the container, or with --privileged; or use --host app");
        } catch (HostStateException e) {
            String detail = e.reasons().isEmpty() ? e.getMessage() : String.join("; ", e.reasons());
            return Finding.fails(NAME, String.valueOf(detail), REMEDY);
        }
    }

    private static String namespaces() {
        try {
            Process process = new ProcessBuilder("unshare", "--pid", "--time", "--fork", "true")
                    .redirectErrorStream(true).redirectInput(new File("/dev/null")).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return "unshare does not end";
            }
            return process.exitValue() == 0 ? "" : output + " (exit code " + process.exitValue() + ")";
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }
}
