package dev.cryo.proxy.host;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where the program CRIU may be, and other programs. */
final class CriuPlaces {
    private CriuPlaces() {}

    /**
     * The programs that there are, the preferred one first; the one named by {@link Criu#OVERRIDE} is the only one.
     *
     * @param dist the folder of cryo's own parts, which in a kit has CRIU; null if it is not known
     */
    static List<Path> of(Map<String, String> environment, @Nullable String dist) {
        String named = environment.get(Criu.OVERRIDE);
        if (named != null) {
            return List.of(Path.of(named));
        }
        Path installed = data(environment).resolve("cryo/criu/criu");
        Optional<Path> inKit = Optional.ofNullable(dist).map(folder -> Path.of(folder, "criu/criu"));
        return Stream.of(Optional.of(installed), onPath("criu", environment), inKit)
                .flatMap(Optional::stream)
                .filter(Files::isExecutable)
                .toList();
    }

    /** A program on PATH or where the system's programs are. */
    static Optional<Path> onPath(String name, Map<String, String> environment) {
        String path = environment.getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin:/usr/bin:/sbin:/bin";
        return Stream.of(path.split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static Path data(Map<String, String> environment) {
        String data = environment.get("XDG_DATA_HOME");
        return data == null || data.isEmpty()
                ? Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")), ".local", "share")
                : Path.of(data);
    }
}
