package dev.cryo.streamlog.image;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What is known of a job beside its contents: what a restart needs to start it the same way, and a human to recognise
 * it.
 *
 * @param cryoVersion the version that writes the image
 * @param device the kind of device: {@code ptx}, {@code nvidia}
 * @param commandLine of the application, as it was started
 * @param environment {@code NAME=value}; empty where it is not kept
 * @param workingDirectory of the application
 * @param properties what else the supervisor needs, by names of its own
 */
public record JobInfo(
        String name,
        String cryoVersion,
        Arrangement arrangement,
        String device,
        HostMode host,
        List<String> commandLine,
        List<String> environment,
        String workingDirectory,
        List<Property> properties) {

    /** What a job's name must be, for messages. */
    public static final String NAME_GRAMMAR = "letters, digits, and . _ - between them, at most 64";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    /** Whether a text can be the name of a job, and so of its folder. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /** With copies of the lists. */
    public JobInfo {
        commandLine = List.copyOf(commandLine);
        environment = List.copyOf(environment);
        properties = List.copyOf(properties);
    }

    /** The same with further properties. */
    public JobInfo with(List<Property> more) {
        return new JobInfo(
                name,
                cryoVersion,
                arrangement,
                device,
                host,
                commandLine,
                environment,
                workingDirectory,
                Stream.concat(properties.stream(), more.stream()).toList());
    }

    /** The value of a property. */
    public Optional<String> property(String key) {
        return properties.stream()
                .filter(property -> property.name().equals(key))
                .map(Property::value)
                .findFirst();
    }

    /** The values of the properties {@code prefix0}, {@code prefix1} and so on, up to the first that there is not. */
    public List<String> numbered(String prefix) {
        Map<String, String> values = new HashMap<>();
        properties.forEach(property -> values.putIfAbsent(property.name(), property.value()));
        List<String> found = new ArrayList<>();
        for (String value = values.get(prefix + 0); value != null; value = values.get(prefix + found.size())) {
            found.add(value);
        }
        return found;
    }

    /** Where the lower half runs. The order is part of the image format. */
    public enum Arrangement {
        /** In a process of its own. */
        PROXY,
        /** In the application's JVM. */
        IN_PROCESS
    }

    /** How host state is saved. The order is part of the image format. */
    public enum HostMode {
        /** The whole process, by CRIU. */
        CRIU,
        /** By the application, through org.crac. */
        APP
    }

    /** A name and what it stands for. */
    public record Property(String name, String value) {}
}
