package dev.cryo.upper.agent;

import dev.cryo.uvm.Policy;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The agent's arguments: {@code [in-process,][device=<kind>[:<option>],][no-log,][unified-memory=<policy>,]<job
 * folder or ->}.
 *
 * @param job the job's folder; none for an application without a supervisor, which must be in-process
 * @param inProcess whether the lower half runs in the application's JVM
 * @param device the kind of device of a lower half in-process, and an option for it behind a colon or none
 * @param noLog whether to keep no log, with which there are no checkpoints; for measurements
 * @param unifiedMemory how unified memory is kept in step beside a proxy
 */
record AgentArguments(Optional<Path> job, boolean inProcess, String device, boolean noLog, Policy unifiedMemory) {
    private static final String DEVICE = "device=";
    private static final String UNIFIED_MEMORY = "unified-memory=";
    private static final String NO_JOB = "-";

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
        boolean inProcess = false;
        boolean noLog = false;
        String device = "ptx";
        Policy unifiedMemory = Policy.PAGES;
        String rest = argument;
        // A folder's path begins with a slash, and may have commas in it.
        while (!rest.startsWith("/") && !rest.equals(NO_JOB)) {
            int comma = rest.indexOf(',');
            String option = comma < 0 ? rest : rest.substring(0, comma);
            if (option.equals("in-process")) {
                inProcess = true;
            } else if (option.equals("no-log")) {
                noLog = true;
            } else if (option.startsWith(DEVICE)) {
                device = option.substring(DEVICE.length());
            } else if (option.startsWith(UNIFIED_MEMORY)) {
                unifiedMemory = Policy.valueOf(option.substring(UNIFIED_MEMORY.length()).toUpperCase(Locale.ROOT));
            } else {
                throw new IllegalArgumentException("unknown option of the agent: " + option);
            }
            if (comma < 0) {
                throw new IllegalArgumentException("the agent needs the job's folder after its options: " + argument);
            }
            rest = rest.substring(comma + 1);
        }
        Optional<Path> job = rest.equals(NO_JOB) ? Optional.empty() : Optional.of(Path.of(rest));
        if (job.isEmpty() && !inProcess) {
            throw new IllegalArgumentException("an application without a job's folder must be in-process");
        }
        return new AgentArguments(job, inProcess, device, noLog, unifiedMemory);
    }
}
