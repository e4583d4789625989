package dev.cryo.proxy.host;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Where the program CRIU may be, and other programs. */
final class CriuPlaces {
    /** The property that names the folder of cryo's own parts, which in a kit has CRIU. */
    private static final String DIST = "cryo.dist";

    private CriuPlaces() {}

    /** The programs that there are, the preferred one first; the one named by {@link Criu#OVERRIDE} is the only one. */
    static List<Path> of(Map<String, String> environment) {
        String named = environment.get(Criu.OVERRIDE);
        if (named != null) {
            return List.of(Path.of(named));
        }
        Path installed = data(environment).resolve("cryo/criu/criu");
        Stream<Path> places = Stream.of(
                        Optional.of(installed),
                        onPath("criu", environment),
                        Optional.ofNullable(System.getProperty(DIST)).map(dist -> Path.of(dist, "criu/criu")))
                .flatMap(Optional::stream);
        return places.filter(Files::isExecutable).toList();
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
