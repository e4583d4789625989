package dev.cryo.proxy.cli;

import static dev.cryo.proxy.cli.Declarations.command;
import static dev.cryo.proxy.cli.Declarations.line;

import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.Supervisor;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Supplier;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The command {@code cryo}. */
public final class Cryo implements Runnable {
    private static final String[] EXIT_CODES = {
        "  0   it was done; launch and restart exit as the application does",
        "  2   the command line is wrong",
        "  65  the image is damaged, or of a newer format",
        "  66  there is no such job or image",
        "  69  something that is needed is not to be had on this machine",
        "  70  it failed",
        "  73  the job runs and should not, or does not and should",
        "  75  the checkpoint failed, or was not uploaded in time, and the application runs on",
        "",
        "Also, in a checkout: cryo setup installs what is missing, cryo test runs the tests, cryo kit packs all"
                + " that a machine with a GPU needs."
    };

    /** The commands that become a job's supervisor. */
    private static final Set<String> SUPERVISING = Set.of("launch", "restart");

    private final CommandSpec spec = command(
                    this, "cryo", "Saves running GPU jobs of the JVM and brings them back.")
            .versionProvider(new Version());

    private Cryo() {
        spec.usageMessage().footerHeading("%nExit codes:%n").footer(EXIT_CODES);
    }

    /** Runs a command and exits with its code. */
    public static void main(String[] arguments) {
        if (arguments.length > 0 && SUPERVISING.contains(arguments[0])) {
            Supervisor.rehearse();
        }
        System.exit(commandLine(System.getenv(), arguments).execute(arguments));
    }

    /**
     * The command line, to be executed. Where the arguments name a command it has that one alone, for a model of all
     * takes a tenth of a second.
     *
     * @param environment the variables that it works by
     */
    static CommandLine commandLine(Map<String, String> environment, String... arguments) {
        CommandLine line = line(new Cryo().spec);
        Map<String, Supplier<CommandSpec>> commands = commands(environment);
        Supplier<CommandSpec> named = arguments.length == 0 ? null : commands.get(arguments[0]);
        if (named == null) {
            commands.forEach((name, command) -> line.addSubcommand(name, line(command.get())));
            for (MoreCommands more : ServiceLoader.load(MoreCommands.class)) {
                more.commands().forEach(line::addSubcommand);
            }
            line.addSubcommand(new HelpCommand());
            line.addSubcommand("generate-completion", new AutoComplete.GenerateCompletion());
        } else {
            line.addSubcommand(arguments[0], line(named.get()));
        }
        line.setExitCodeExceptionMapper(new ExitCodes());
        line.setExecutionExceptionHandler(Cryo::tell);
        line.registerConverter(Duration.class, new Durations());
        line.registerConverter(JobRef.class, new JobRef.Converter());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(true);
        return line;
    }

    private static Map<String, Supplier<CommandSpec>> commands(Map<String, String> environment) {
        Map<String, Supplier<CommandSpec>> commands = new LinkedHashMap<>();
        commands.put("launch", () -> new LaunchCommand(environment).spec());
        commands.put("checkpoint", () -> new CheckpointCommand(environment).spec());
        commands.put("restart", () -> new RestartCommand(environment).spec());
        commands.put("ps", () -> new PsCommand(environment).spec());
        commands.put("images", () -> new ImagesCommand(environment).spec()
                .addSubcommand("rm", line(new RemoveImagesCommand(environment).spec()))
                .addSubcommand("gc", line(new CollectCommand(environment).spec())));
        commands.put("inspect", () -> new InspectCommand(environment).spec());
        commands.put("verify", () -> new VerifyCommand(environment).spec());
        commands.put("stop", () -> new StopCommand(environment).spec());
        commands.put("doctor", () -> new DoctorCommand(environment).spec());
        return commands;
    }

    /** A failure that is meant for the user is told in its words, a defect with all that is known of it. */
    private static int tell(Exception failure, CommandLine line, ParseResult parsed) {
        if (failure instanceof JobException) {
            String message = String.valueOf(failure.getMessage());
            message.lines().forEach(text -> line.getErr().println("cryo: " + text));
        } else {
            failure.printStackTrace(line.getErr());
        }
        line.getErr().flush();
        return line.getExitCodeExceptionMapper().getExitCode(failure);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which command?");
    }
}
