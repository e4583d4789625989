package dev.cryo.proxy.cli;

import static dev.cryo.proxy.cli.Declarations.command;
import static dev.cryo.proxy.cli.Declarations.flag;

import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.proxy.supervisor.JobSettings;
import dev.cryo.proxy.supervisor.JobStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code cryo ps}. */
final class PsCommand implements Callable<Integer> {
    private final Map<String, String> environment;
    private boolean json;

    private final CommandSpec spec = command(
                    this,
                    "ps",
                    "List the jobs: those that run, those that have ended, those whose supervisor was killed.")
            .add(flag("--json", value -> json = value, "Print one JSON array."));

    PsCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    CommandSpec spec() {
        return spec;
    }

    /** A job, as the JSON form shows it. */
    record Row(
            String name,
            String phase,
            String engine,
            String device,
            String host,
            boolean inProcess,
            List<String> command,
            long startedMillis,
            List<Long> images,
            JobStatus.@Nullable Running supervisor,
            JobStatus.@Nullable Running application,
            JobStatus.@Nullable Running proxy,
            @Nullable Integer exitCode,
            JobStatus.@Nullable Taken lastCheckpoint,
            JobStatus.@Nullable Failure lastError,
            JobStatus.@Nullable Upload upload) {}

    @Override
    public Integer call() throws JobException {
        List<Row> rows = new ArrayList<>();
        List<String> unreadable = new ArrayList<>();
        for (JobFolder folder : JobFolder.all(environment)) {
            try {
                JobStatus status = folder.status().orElse(null);
                if (status != null) {
                    rows.add(row(folder, folder.settings(), status));
                }
            } catch (JobException e) {
                unreadable.add(folder.name() + ": " + e.getMessage());
            }
        }
        spec.commandLine().getOut().println(json ? Json.of(rows) : table(rows));
        unreadable.forEach(problem -> spec.commandLine().getErr().println("cryo: job " + problem));
        return unreadable.isEmpty() ? 0 : ExitCodes.FAILED;
    }

    private static Row row(JobFolder folder, JobSettings settings, JobStatus status) throws JobException {
        try {
            return new Row(
                    folder.name(),
                    status.phase().name().toLowerCase(Locale.ROOT),
                    settings.engine().name().toLowerCase(Locale.ROOT),
                    settings.device().name().toLowerCase(Locale.ROOT),
                    settings.host().name().toLowerCase(Locale.ROOT),
                    settings.inProcess(),
                    settings.command(),
                    status.startedMillis(),
                    folder.images().numbers(),
                    status.supervisor(),
                    status.application(),
                    status.proxy(),
                    status.exitCode(),
                    status.lastCheckpoint(),
                    status.lastError(),
                    status.upload());
        } catch (IOException e) {
            throw new JobException(
                    JobException.Kind.FAILED, "cannot read the images of " + folder.name() + ": " + e.getMessage(), e);
        }
    }

    private static String table(List<Row> rows) {
        if (rows.isEmpty()) {
            return "no jobs";
        }
        Table table = new Table("JOB", "STATE", "SINCE", "DEVICE", "HOST", "PID", "IMAGES", "LAST CHECKPOINT");
        StringBuilder errors = new StringBuilder();
        for (Row row : rows) {
            JobStatus.Running process = row.application();
            table.add(
                    row.name(),
                    row.exitCode() == null ? row.phase() : row.phase() + " (" + row.exitCode() + ")",
                    Table.span(System.currentTimeMillis() - row.startedMillis()),
                    device(row),
                    row.host(),
                    process == null ? "-" : process.pid(),
                    row.images().size(),
                    lastCheckpoint(row.lastCheckpoint()));
            JobStatus.Failure error = row.lastError();
            if (error != null) {
                errors.append(row.name()).append(": ").append(error.message()).append('\n');
            }
            JobStatus.Upload upload = row.upload();
            if (upload != null && !upload.pending().isEmpty()) {
                errors.append(row.name()).append(": images ").append(upload.pending()).append(" are not in ")
                        .append(upload.store()).append(" yet")
                        .append(upload.problem() == null ? "" : ": " + upload.problem()).append('\n');
            }
        }
        return (table + (errors.isEmpty() ? "" : "\n" + errors)).stripTrailing();
    }

    private static String device(Row row) {
        String how = row.engine().equals("driver") ? ", by its driver" : row.inProcess() ? ", in-process" : "";
        return row.device() + how;
    }

    private static String lastCheckpoint(JobStatus.@Nullable Taken taken) {
        return taken == null
                ? "-"
                : "image " + taken.image() + ", " + Table.span(System.currentTimeMillis() - taken.atMillis()) + " ago";
    }
}
