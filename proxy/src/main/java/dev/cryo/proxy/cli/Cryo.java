package dev.cryo.proxy.cli;

import dev.cryo.proxy.supervisor.JobException;
import java.util.Map;
import java.util.ServiceLoader;
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
        System.exit(commandLine(System.getenv()).execute(arguments));
    }

    /**
     * The command line, to be executed.
     *
     * @param environment the variables that it works by
     */
    static CommandLine commandLine(Map<String, String> environment) {
        CommandLine line = new CommandLine(new Cryo());
        line.addSubcommand(new LaunchCommand(environment));
        line.addSubcommand(new CheckpointCommand(environment));
        line.addSubcommand(new RestartCommand(environment));
        line.addSubcommand(new PsCommand(environment));
        line.addSubcommand(new CommandLine(new ImagesCommand(environment))
                .addSubcommand(new RemoveImagesCommand(environment))
                .addSubcommand(new CollectCommand(environment)));
        line.addSubcommand(new InspectCommand(environment));
        line.addSubcommand(new VerifyCommand(environment));
        line.addSubcommand(new StopCommand(environment));
        line.addSubcommand(new DoctorCommand(environment));
        for (MoreCommands more : ServiceLoader.load(MoreCommands.class)) {
            more.commands().forEach(line::addSubcommand);
        }
        line.addSubcommand(new HelpCommand());
        line.addSubcommand("generate-completion", new AutoComplete.GenerateCompletion());
        line.setExitCodeExceptionMapper(new ExitCodes());
        line.setExecutionExceptionHandler(Cryo::tell);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(true);
        return line;
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
