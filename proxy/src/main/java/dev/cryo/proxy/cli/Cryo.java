package dev.cryo.proxy.cli;

import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The command {@code cryo}. */
@Command(
        name = "cryo",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Saves running GPU jobs of the JVM and brings them back.",
        subcommandsRepeatable = false,
        footerHeading = "%nExit codes:%n",
        footer = {
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
        })
public final class Cryo implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    private Cryo() {}

    /** Runs a command and exits with its code. */
    public static void main(String[] arguments) {
        Thread.ofPlatform().name("cryo-files").daemon().start(JobFolder::rehearse);
        System.exit(commandLine(System.getenv(), arguments).execute(arguments));
    }

    /**
     * The command line, to be executed. Where the arguments name a command it has that one alone, for a model of all
     * takes a tenth of a second.
     *
     * @param environment the variables that it works by
     */
    static CommandLine commandLine(Map<String, String> environment, String... arguments) {
        CommandLine line = new CommandLine(new Cryo());
        Map<String, Supplier<CommandLine>> commands = commands(environment);
        Supplier<CommandLine> named = arguments.length == 0 ? null : commands.get(arguments[0]);
        if (named == null) {
            commands.forEach((name, command) -> line.addSubcommand(name, command.get()));
            for (MoreCommands more : ServiceLoader.load(MoreCommands.class)) {
                more.commands().forEach(line::addSubcommand);
            }
            line.addSubcommand(new HelpCommand());
            line.addSubcommand("generate-completion", new AutoComplete.GenerateCompletion());
        } else {
            line.addSubcommand(arguments[0], named.get());
        }
        line.setExitCodeExceptionMapper(new ExitCodes());
        line.setExecutionExceptionHandler(Cryo::tell);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(true);
        return line;
    }

    private static Map<String, Supplier<CommandLine>> commands(Map<String, String> environment) {
        Map<String, Supplier<CommandLine>> commands = new LinkedHashMap<>();
        commands.put("launch", () -> new CommandLine(new LaunchCommand(environment)));
        commands.put("checkpoint", () -> new CommandLine(new CheckpointCommand(environment)));
        commands.put("restart", () -> new CommandLine(new RestartCommand(environment)));
        commands.put("ps", () -> new CommandLine(new PsCommand(environment)));
        commands.put("images", () -> new CommandLine(new ImagesCommand(environment))
                .addSubcommand(new RemoveImagesCommand(environment))
                .addSubcommand(new CollectCommand(environment)));
        commands.put("inspect", () -> new CommandLine(new InspectCommand(environment)));
        commands.put("verify", () -> new CommandLine(new VerifyCommand(environment)));
        commands.put("stop", () -> new CommandLine(new StopCommand(environment)));
        commands.put("doctor", () -> new CommandLine(new DoctorCommand(environment)));
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
