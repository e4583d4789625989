package dev.cryo.upper.agent;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The agent's arguments: {@code <job folder or ->[,in-process][,device=<kind>][,no-log]}.
 *
 * @param job the job's folder; none for an application without a supervisor, which must be in-process
 * @param inProcess whether the lower half runs in the application's JVM
 * @param device the kind of device of a lower half in-process
 * @param noLog whether to keep no log, with which there are no checkpoints; for measurements
 */
record AgentArguments(Optional<Path> job, boolean inProcess, String device, boolean noLog) {
    private static final String DEVICE = "device=";

    /**
     * Parses the agent's argument.
     *
     * @throws IllegalArgumentException if an option is unknown or the job's folder is missing
     */
    static AgentArguments parse(@Nullable String argument) {
        if (argument == null || argument.isBlank()) {
            throw new IllegalArgumentException(
                    "the agent needs the job's folder as its argument; start applications by: cryo launch -- java ...");
        }
        String[] parts = argument.split(",", -1);
        boolean inProcess = false;
        boolean noLog = false;
        String device = "ptx";
        for (int i = 1; i < parts.length; i++) {
            if (parts[i].equals("in-process")) {
                inProcess = true;
            } else if (parts[i].equals("no-log")) {
                noLog = true;
            } else if (parts[i].startsWith(DEVICE)) {
                device = parts[i].substring(DEVICE.length());
            } else {
                throw new IllegalArgumentException("unknown option of the agent: " + parts[i]);
            }
        }
        Optional<Path> job = parts[0].equals("-") ? Optional.empty() : Optional.of(Path.of(parts[0]));
        if (job.isEmpty() && !inProcess) {
            throw new IllegalArgumentException("an application without a job's folder must be in-process");
        }
        return new AgentArguments(job, inProcess, device, noLog);
    }
}
