package dev.cryo.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApplicationsKnowNothingOfCryoTest {
    /** What those in package gpu have in common with those in apps is in apps. */
    @ParameterizedTest
    @CsvSource({"trainer, trainer", "apps, apps", "unified, unified", "gpu, apps"})
    void theirClassesNameNoClassOfCryoOutsideTheirPackage(String name, String common) throws Exception {
        String own = "dev/cryo/benchmarks/" + name + "/";
        String shared = "dev/cryo/benchmarks/" + common + "/";

        Set<String> named = classesNamedUnder(own);

        assertThat(named).anyMatch(it -> it.startsWith("jcuda/driver/"));
        assertThat(named)
                .filteredOn(it -> it.startsWith("dev/cryo/"))
                .allMatch(it -> it.startsWith(own) || it.startsWith(shared));
    }

    private static Set<String> classesNamedUnder(String folder) throws IOException, URISyntaxException {
        Path classes = Path.of(ApplicationsKnowNothingOfCryoTest.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .resolveSibling("classes")
                .resolve(folder);
        Set<String> named = new TreeSet<>();
        try (Stream<Path> files = Files.list(classes)) {
            for (Path file : files.filter(it -> it.toString().endsWith(".class")).toList()) {
                for (PoolEntry entry : ClassFile.of().parse(file).constantPool()) {
                    if (entry instanceof ClassEntry it) {
                        named.add(it.asInternalName());
                    }
                }
            }
        }
        return named;
    }
}
