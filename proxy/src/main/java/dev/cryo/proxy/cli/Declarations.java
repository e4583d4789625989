package dev.cryo.proxy.cli;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.IGetter;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * The words in which commands say what they are called and what they take. A {@code target} is given what the command
 * line has, and nothing if the command line has nothing: defaults are what the command begins with. A description is
 * one paragraph or several.
 */
final class Declarations {
    private Declarations() {}

    /** A command, which runs an object that is {@link Runnable} or {@link java.util.concurrent.Callable}. */
    static CommandSpec command(Object runs, String name, String... description) {
        CommandSpec spec = CommandSpec.wrapWithoutInspection(runs).name(name);
        spec.usageMessage().description(description);
        return spec;
    }

    /** An option with a value. */
    static <T> OptionSpec option(String name, String label, Class<T> type, Consumer<T> target, String... description) {
        Binding<T> binding = new Binding<>(target);
        return OptionSpec.builder(name)
                .paramLabel(label)
                .type(type)
                .getter(binding)
                .setter(binding)
                .hasInitialValue(false)
                .description(description)
                .build();
    }

    /** An option without a value. */
    static OptionSpec flag(String name, Consumer<Boolean> target, String... description) {
        return option(name, "", Boolean.class, target, description);
    }

    /** What must be there and has no name. */
    static <T> PositionalParamSpec parameter(String label, Class<T> type, Consumer<T> target, String... description) {
        return positional(label, target, description).type(type).required(true).build();
    }

    /** What may be there and has no name. */
    static <T> PositionalParamSpec optional(String label, Class<T> type, Consumer<T> target, String... description) {
        return positional(label, target, description).type(type).arity("0..1").build();
    }

    /** All that has no name, of which there must be something. */
    static PositionalParamSpec parameters(String label, Consumer<List<String>> target, String... description) {
        return positional(label, target, description)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("1..*")
                .required(true)
                .build();
    }

    private static PositionalParamSpec.Builder positional(String label, Consumer<?> target, String... description) {
        Binding<?> binding = new Binding<>(target);
        return PositionalParamSpec.builder()
                .paramLabel(label)
                .getter(binding)
                .setter(binding)
                .hasInitialValue(false)
                .description(description);
    }

    /** The command line of a command, with the options that every command has: picocli's own are annotated. */
    static CommandLine line(CommandSpec command) {
        return new CommandLine(command
                .addOption(OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .description("Show this help message and exit.")
                        .build())
                .addOption(OptionSpec.builder("-V", "--version")
                        .versionHelp(true)
                        .description("Print version information and exit.")
                        .build()));
    }

    /** Brings values to a target. Picocli asks for the last one, for it adds to lists. */
    @SuppressWarnings("unchecked") // Picocli converts values to the type that is declared with the target.
    private static final class Binding<V> implements IGetter, ISetter {
        private final Consumer<V> target;
        private @Nullable Object last;

        Binding(Consumer<V> target) {
            this.target = target;
        }

        @Override
        public <T> @Nullable T get() {
            return (T) last;
        }

        @Override
        public <T> T set(T value) {
            last = value;
            target.accept((V) value);
            return value;
        }
    }
}
