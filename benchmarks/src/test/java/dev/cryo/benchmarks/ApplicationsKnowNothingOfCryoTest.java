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
import org.junit.jupiter.params.provider.ValueSource;

class ApplicationsKnowNothingOfCryoTest {
    @ParameterizedTest
    @ValueSource(strings = {"trainer", "apps", "unified"})
    void theirClassesNameNoClassOfCryoOutsideTheirPackage(String name) throws Exception {
        String own = "dev/cryo/benchmarks/" + name + "/";

        Set<String> named = classesNamedUnder(own);

        assertThat(named).anyMatch(it -> it.startsWith("jcuda/driver/"));
        assertThat(named).filteredOn(it -> it.startsWith("dev/cryo/")).allMatch(it -> it.startsWith(own));
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
