package dev.cryo.proxy.cli;

import dev.cryo.proxy.doctor.Doctor;
import dev.cryo.proxy.doctor.Finding;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cryo doctor}. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Tell what works on this machine, and for what does not, why and what would help.")
final class DoctorCommand implements Callable<Integer> {
    private final Map<String, String> environment;

    @Option(names = "--json", description = "Print one JSON array.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    DoctorCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        List<Finding> findings = new Doctor(environment).examine();
        spec.commandLine().getOut().println(json ? Json.of(findings) : Doctor.table(findings).stripTrailing());
        return 0;
    }
}
