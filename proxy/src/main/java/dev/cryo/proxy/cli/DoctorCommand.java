package dev.cryo.proxy.cli;

import static dev.cryo.proxy.cli.Declarations.command;
import static dev.cryo.proxy.cli.Declarations.flag;
import static dev.cryo.proxy.cli.Declarations.option;

import dev.cryo.proxy.doctor.CudaUse;
import dev.cryo.proxy.doctor.Doctor;
import dev.cryo.proxy.doctor.Finding;
import dev.cryo.proxy.driver.LibCudaCheckpoints;
import dev.cryo.proxy.supervisor.JobException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code cryo doctor}. */
final class DoctorCommand implements Callable<Integer> {
    private final Map<String, String> environment;
    private boolean json;
    private @Nullable Long process;

    private final CommandSpec spec = command(
                    this, "doctor", "Tell what works on this machine, and for what does not, why and what would help.")
            .add(flag("--json", value -> json = value, "Print one JSON array."))
            .add(option("--process", "PID", Long.class, value -> process = value,
                    "Tell instead what the NVIDIA driver says of this process and of those below it."));

    DoctorCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws JobException, InterruptedException {
        if (process != null) {
            spec.commandLine().getOut().println(processes(process));
            return 0;
        }
        List<Finding> findings = new Doctor(environment).examine();
        spec.commandLine().getOut().println(json ? Json.of(findings) : Doctor.table(findings).stripTrailing());
        return 0;
    }

    private static String processes(long root) throws JobException, InterruptedException {
        try {
            Table table = new Table("PID", "TO ITSELF", "PROGRAM", "STATE", "RESTORE THREAD", "GPU DEVICES");
            for (CudaUse use : CudaUse.of(LibCudaCheckpoints.load(), root)) {
                table.add(
                        use.pid(), use.ownPid(), use.program(), use.state(), use.restoreThread(),
                        String.join(" ", use.devices()));
            }
            return table.toString().stripTrailing();
        } catch (IOException e) {
            throw new JobException(JobException.Kind.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
    }
}
