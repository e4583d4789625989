package dev.cryo.proxy.doctor;

import java.util.List;
import java.util.Map;

/** Examines this machine. */
public final class Doctor {
    private final List<Probe> probes;

    /** Examines everything; CRIU is looked for by this environment. */
    public Doctor(Map<String, String> environment) {
        this(List.of(new JdkProbe(), new CriuProbe(environment), new UserfaultfdProbe(), new GpuProbe(),
                new DriverProbe(), new OpenGlProbe(), new OpenClProbe()));
    }

    Doctor(List<Probe> probes) {
        this.probes = probes;
    }

    /** One finding for each thing, always in the same order; takes up to some seconds where a driver starts slowly. */
    public List<Finding> examine() {
        return probes.stream().map(Probe::examine).toList();
    }

    /** The findings as a table for people; each line ends with a line feed. */
    public static String table(List<Finding> findings) {
        int width = findings.stream().mapToInt(finding -> finding.name().length()).max().orElse(0);
        StringBuilder table = new StringBuilder();
        for (Finding finding : findings) {
            String row = "%-" + width + "s  %-3s  %s%n";
            table.append(row.formatted(finding.name(), finding.works() ? "yes" : "no", finding.detail()));
            if (!finding.remedy().isEmpty()) {
                table.append(row.formatted("", "", "-> " + finding.remedy()));
            }
        }
        return table.toString().replace(System.lineSeparator(), "\n");
    }
}
