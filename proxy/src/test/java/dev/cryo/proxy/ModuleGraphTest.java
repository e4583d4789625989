package dev.cryo.proxy;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Enforces the picture of the module graph in docs/architecture.md. */
class ModuleGraphTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.cryo");

    @Test
    void importsRunDownwardsOnly() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("proxy").definedBy("dev.cryo.proxy..")
                .layer("cuda-upper").definedBy("dev.cryo.upper..")
                .layer("cuda-lower").definedBy("dev.cryo.lower..")
                .optionalLayer("opengl-replay").definedBy("dev.cryo.opengl..")
                .optionalLayer("uvm-shadow").definedBy("dev.cryo.uvm..")
                .layer("stream-log").definedBy("dev.cryo.streamlog..")
                .whereLayer("proxy").mayNotBeAccessedByAnyLayer()
                .whereLayer("cuda-upper").mayOnlyBeAccessedByLayers("proxy")
                .whereLayer("cuda-lower").mayOnlyBeAccessedByLayers("proxy")
                .whereLayer("opengl-replay").mayOnlyBeAccessedByLayers("proxy")
                .whereLayer("uvm-shadow")
                .mayOnlyBeAccessedByLayers("proxy", "cuda-upper", "cuda-lower", "opengl-replay")
                .check(CLASSES);
    }

    @Test
    void whatLivesInTheApplicationsJvmDependsOnTheJdkAndOnHash4jAlone() {
        classes().that(resideInAnyPackage(
                        "dev.cryo.streamlog..", "dev.cryo.uvm..", "dev.cryo.opengl..", "dev.cryo.lower.."))
                .should().onlyDependOnClassesThat(resideInAnyPackage(
                        "dev.cryo..", "java..", "javax..", "com.sun.management..", "sun.misc..", "org.jspecify..",
                        "com.dynatrace.hash4j.."))
                .check(CLASSES);
        classes().that(resideInAnyPackage("dev.cryo.upper.."))
                .should().onlyDependOnClassesThat(resideInAnyPackage(
                        "dev.cryo..", "java..", "org.jspecify..", "jcuda.."))
                .check(CLASSES);
    }

    @Test
    void packagesOfAModuleHaveNoCycles() {
        for (String module : List.of("streamlog", "upper", "lower.ptx", "proxy")) {
            SlicesRuleDefinition.slices()
                    .matching("dev.cryo." + module + ".(*)..")
                    .should().beFreeOfCycles()
                    .check(CLASSES);
        }
    }

    @Test
    void thePictureHasTheArrowsThatAreEnforced() throws Exception {
        String page = Files.readString(Path.of("..", "docs", "architecture.md"));
        assertThat(page.lines().filter(line -> line.contains("-->")).map(String::strip))
                .containsExactlyInAnyOrder(
                        "benchmarks --> proxy",
                        "s3-store --> proxy",
                        "proxy --> cuda-upper",
                        "proxy --> cuda-lower",
                        "proxy --> opengl-replay",
                        "cuda-upper --> uvm-shadow",
                        "cuda-lower --> uvm-shadow",
                        "opengl-replay --> stream-log",
                        "uvm-shadow --> stream-log");
    }
}
